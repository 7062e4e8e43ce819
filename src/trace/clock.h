// SPDX-License-Identifier: Apache-2.0
//
// The tracer's clock. Its unit, the tick, is a few nanoseconds: small enough to tell events apart,
// and so large that the time between two takes a byte or two.
//
// Ticks come from the processor's time stamp counter where that runs at one rate and the kernel
// itself relies on it; else from CLOCK_MONOTONIC. They begin at the start of the process.
#pragma once

#include <cstdint>

#include "arch/arch.h"
#include "os/os.h"

namespace gander::trace {

struct clock_source {
  bool counts_cycles = false;
  std::uint64_t first_cycles = 0;
  std::int64_t first_ns = 0;
  std::uint64_t ticks_per_second = 0;
};
extern clock_source the_clock;  // constant once start_clock() has returned

inline constexpr unsigned cycles_shift = 4;
inline constexpr unsigned ns_shift = 6;

// Measures how fast the counter runs: takes up to 20 ms, once, in the first moments of a process.
void start_clock() noexcept;

inline std::uint64_t now_ticks() noexcept {
  if (the_clock.counts_cycles) [[likely]]
    return (arch::read_cycles() - the_clock.first_cycles) >> cycles_shift;
  return static_cast<std::uint64_t>(os::now_ns() - the_clock.first_ns) >> ns_shift;
}

}  // namespace gander::trace
