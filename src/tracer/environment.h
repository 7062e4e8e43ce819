// SPDX-License-Identifier: Apache-2.0
//
// What $GODEBUG and $GANDER_CRASH_TRACE ask of the tracer, without a change to the program.
#pragma once

namespace gander::tracer {

// Before a run; any number of times, from one thread at a time. What cannot be done is told on
// stderr.
//
//   GODEBUG=flightrecorder=1   the flight recorder runs from now on
//   GODEBUG=flightsignal=USR2  and that signal writes it to gander-PID.trace in the folder where
//   the
//                              process is then, which goes on meanwhile
//   GANDER_CRASH_TRACE=FILE    and it is written to FILE when the process dies with a report
void start_from_environment() noexcept;

}  // namespace gander::tracer
