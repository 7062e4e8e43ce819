// SPDX-License-Identifier: Apache-2.0
#include "trace/clock.h"

#include <cmath>
#include <mutex>

namespace gander::trace {

clock_source the_clock;

namespace {

struct reading {
  std::uint64_t cycles;
  std::int64_t ns;
};

// Both at one moment: the pair of several whose two looks lay closest together.
reading read_both() noexcept {
  reading best{};
  std::uint64_t least = UINT64_MAX;
  for (int i = 0; i < 8; ++i) {
    const std::uint64_t before = arch::read_cycles();
    const std::int64_t ns = os::now_ns();
    const std::uint64_t after = arch::read_cycles();
    if (after - before >= least) continue;
    least = after - before;
    best = {before + least / 2, ns};
  }
  return best;
}

// Taken when the library is loaded, so that the measurement has all the time since then.
const reading at_start = read_both();

void measure() noexcept {
  constexpr std::int64_t long_enough_ns = 20'000'000;
  the_clock.first_cycles = at_start.cycles;
  the_clock.first_ns = at_start.ns;
  the_clock.ticks_per_second = std::uint64_t{1'000'000'000} >> ns_shift;
  if (!os::cycles_are_time()) return;
  reading now = read_both();
  if (now.ns - at_start.ns < long_enough_ns) {
    os::sleep_ns(long_enough_ns - (now.ns - at_start.ns));
    now = read_both();
  }
  const auto cycles = static_cast<double>(now.cycles - at_start.cycles);
  const double seconds = static_cast<double>(now.ns - at_start.ns) / 1e9;
  the_clock.ticks_per_second =
      static_cast<std::uint64_t>(std::llround(cycles / seconds / (1U << cycles_shift)));
  the_clock.counts_cycles = true;
}

}  // namespace

void start_clock() noexcept {
  static std::once_flag once;
  std::call_once(once, measure);
}

}  // namespace gander::trace
