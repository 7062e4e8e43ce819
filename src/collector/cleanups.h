// SPDX-License-Identifier: Apache-2.0
//
// Runs what came due when objects went: on a goroutine that is started when there is something to
// run, and ends when there is no more. While no run() is on they wait for the next one's first
// cycle. An exception that leaves one ends the process, as in any goroutine.
#pragma once

#include <cstdint>

namespace gander::collector {

// Any thread; not in a stop.
void run_due_cleanups() noexcept;

// How many have been run.
std::uint64_t count_cleanups() noexcept;

}  // namespace gander::collector
