// SPDX-License-Identifier: Apache-2.0
//
// The collector as a whole: when it works, how much memory it may leave, and what it has done.
#pragma once

#include <cstdint>

#pragma GCC visibility push(default)

namespace gander::gc {

// What stats() tells. Bytes include what is lost to size classes.
struct heap_stats {
  std::uint64_t heap_live_bytes = 0;      // that the last cycle found in use, and made since
  std::uint64_t heap_goal_bytes = 0;      // of which the next cycle shall end
  std::uint64_t heap_in_use_bytes = 0;    // in spans that have objects
  std::uint64_t heap_released_bytes = 0;  // given back to the system
  std::uint64_t objects = 0;              // that have not been swept
  std::uint64_t allocated_bytes = 0;      // ever
  std::uint64_t freed_bytes = 0;          // ever
  std::uint64_t allocated_objects = 0;    // ever
  std::uint64_t freed_objects = 0;        // ever
  std::uint64_t cycles = 0;               // that were completed
  std::uint64_t forced_cycles = 0;        // of them, by collect()
  std::uint64_t pause_total_ns = 0;       // in which no goroutine ran because of the collector
  std::uint64_t last_pause_ns = 0;
  std::uint64_t cleanups_run = 0;  // destructors (GANDER_GC_DESTROY), too
};

// The numbers of different lines may be of slightly different times. Non-switching.
//
//     const gander::gc::heap_stats before = gander::gc::stats();
//     work(1);
//     std::printf("%llu bytes\n", static_cast<unsigned long long>(
//         gander::gc::stats().allocated_bytes - before.allocated_bytes));
heap_stats stats() noexcept;

// A whole cycle from now on, swept: what is unreachable now is freed when it returns. What has a
// cleanup is not yet: that runs first. For tests and for moments of calm; the collector sees by
// itself when to work. Switching.
//
//     gander::gc::collect();
void collect();

// How much may be allocated, in percent of what was live after the last cycle, stacks and globals
// included, before the next one ends; 100 at first, or what $GOGC says. Less than 0 turns the
// collector off. Returns what it was. Non-switching.
//
//     const int before = gander::gc::set_percent(50);  // less memory, more work
int set_percent(int percent) noexcept;

// How many bytes the runtime may have of the system; from near there on, the collector works
// harder, also when it is off. Soft: live objects are not refused memory. INT64_MAX (or what
// $GOMEMLIMIT says) at first; a negative one changes nothing. Returns what it was. Non-switching.
//
//     gander::gc::set_memory_limit(std::int64_t{512} << 20);
std::int64_t set_memory_limit(std::int64_t bytes) noexcept;

}  // namespace gander::gc

#pragma GCC visibility pop
