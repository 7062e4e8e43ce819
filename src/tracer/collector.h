// SPDX-License-Identifier: Apache-2.0
//
// The collector: the thread that starts and ends tracing, changes generations, gives complete ones
// their tables and hands them on. Everything about a trace happens on this one thread, one thing
// after the other; others ask it and wait.
//
// It is shown in reports as a goroutine: [trace reader (blocked)].
//
// The functions may be called by any thread or goroutine; they are switching.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tracer/file_format.h"
#include "tracer/output.h"
#include "tracer/recorder.h"

namespace gander::tracer {

enum class outcome : std::uint8_t {
  good,
  already_on,
  no_memory,
  no_thread,
  no_signal,
  no_descriptor
};

// --- a trace to a sink
struct start_request {
  sink to;
  format version = format::go_1_23;
  std::size_t most_queued_bytes = 0;
  int cpu_samples_per_second = 0;  // for each thread; 0: none
};

// The trace begins before this returns.
outcome start(const start_request& request) noexcept;

// Ends the trace; returns when all of it has been written. Zeros when none was on.
output_result stop() noexcept;

// --- the flight recorder
outcome start_recorder(const recorder::limits& limits) noexcept;
void stop_recorder() noexcept;

// Writes what it holds, up to this moment, to `to`, on the calling thread. `generations` is 0 when
// it is off, or has nothing.
output_result write_recorder(const sink& to, format version) noexcept;

}  // namespace gander::tracer
