// SPDX-License-Identifier: Apache-2.0
//
// Threads that mark beside the collector's: with it they are a quarter of the Ps, as in Go. Of one
// to five Ps that is the collector's thread alone.
//
// Each waits for a marking, takes part until it is told to stop, and then has nothing in hand: what
// it had left is the pool's. They run beside the program, and in no stop.
//
//     work_beside(procs)     the collector's thread, outside of a stop
//     any_busy()             whether one of them has work in hand
//     rest()                 returns when all of them wait; what they had is the pool's
//
// Only rest() makes sure of anything: until then a worker may take work at any moment.
//
// When the system refuses a thread there are fewer.
#pragma once

#include <cstdint>

namespace gander::collector::workers {

// The collector's thread among them.
constexpr std::uint32_t wanted_for(std::uint32_t procs) noexcept {
  return procs < 6 ? 1 : (procs + 2) / 4;
}

void work_beside(std::uint32_t procs) noexcept;
bool any_busy() noexcept;
void rest() noexcept;

// Of all their markings.
std::int64_t cpu_ns() noexcept;

// For tests: whether one takes part in a marking; how often one has found work.
bool any_present() noexcept;
std::uint64_t times_busy() noexcept;

}  // namespace gander::collector::workers
