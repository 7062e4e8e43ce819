// SPDX-License-Identifier: Apache-2.0
//
// The collector's thread and its cycles.
//
//     idle → marking     a stop that looks at all roots; from here on stores are told
//     marking → sweeping a stop, when there is nothing left to look at: what was told, and once
//     more
//                        what threads hold that were in the middle of a store
//     sweeping → idle    everything has been swept
// Cycles are counted when they begin, when marking has begun, when it has ended, and when sweeping
// has.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "collector/pacer.h"

namespace gander::collector {

namespace detail {
extern std::atomic<bool> started;
void start() noexcept;
}  // namespace detail

inline constexpr std::size_t own_stack_bytes = std::size_t{1} << 18;

// Starts the thread, once. Any thread.
inline void ensure_collector() noexcept {
  if (!detail::started.load(std::memory_order_acquire)) [[unlikely]]
    detail::start();
}

// Asks for a cycle if none is under way, and waits for the marking that is under way, or is asked
// for. In user code: it blocks the thread.
void request_cycle(pacer::until wait) noexcept;

// A whole cycle that begins from now on; returns when it has swept. In user code.
void collect_now() noexcept;

// The next cycle shall begin soon. [signal]
void wake_collector() noexcept;

struct cycle_numbers {
  std::uint32_t cycles = 0;     // that have swept
  std::uint32_t forced = 0;     // asked for by collect_now()
  std::uint32_t marked = 0;     // whose marking has ended
  std::int64_t stopped_ns = 0;  // in all stops
  std::int64_t longest_stop_ns = 0;
  std::int64_t last_stop_ns = 0;
};
cycle_numbers count_cycles() noexcept;

}  // namespace gander::collector
