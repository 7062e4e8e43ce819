// SPDX-License-Identifier: Apache-2.0
//
// Threads that stand still in a scheduler stop without having been asked to: they wait in the
// runtime, and what their goroutine, or the caller of run(), has in hand lies on the stack.
//
//   at the border     wait_for_end_of_stop() (border.cc) has put its callers' registers on the
//                     stack before it answers the stop, or finds that it has lost its P to it
//   the run thread    without a goroutine it is in the scheduler, below the caller of run(), whose
//                     registers gander_enter_g0 has saved; a run does not end in a stop, and there
//                     is one at a time (world.h)
//
// Unlike a thread that is frozen, these may run handlers of the program's: docs/design/gc.md.
#pragma once

#include <atomic>
#include <cstdint>

#include "os/os.h"
#include "sched/sched.h"

namespace gander {

// Where in such a thread's stack its values begin; 0: it is none. In a stop that may change from 0,
// when one that has lost its P comes to the border, and not back. REQUIRES: the caller holds the
// scheduler stop, or no run is on and none begins.
inline std::uintptr_t stands_at(const M& m) noexcept {
  // Both acquire. `borrowed` by the M itself comes behind waits_at; by the stop, behind the M's
  // leaving of the runtime, and so behind what it had put there for the stop before.
  if (m.border.load(std::memory_order_acquire) == borrowed)
    return m.waits_at.load(std::memory_order_acquire);
  const bool is_in_scheduler = m.is_run_thread && sched.active && m.curg == nullptr;
  return is_in_scheduler ? reinterpret_cast<std::uintptr_t>(m.g0_sp) : 0;
}

// On which all of them sleep, and those that a signal has frozen (crash/freeze.h), so that one call
// of the kernel wakes them all. Woken one after the other, the first may take the processor of who
// wakes, and the others sleep on for a time slice, beside an idle processor.
extern std::atomic<std::uint32_t> standing_wakes;

// over() says, by a load that acquires, what has been stored before wake_standing(). Also in signal
// handlers.
template <typename Over>
void sleep_standing(Over over) noexcept {
  for (;;) {
    const std::uint32_t seen =
        standing_wakes.load();  // before over(): or what comes behind it is missed
    if (over()) return;
    os::futex_wait(standing_wakes, seen);
  }
}

// Whose time is not over goes back to sleep.
inline void wake_standing() noexcept {
  standing_wakes.fetch_add(1);
  os::futex_wake(standing_wakes, INT32_MAX);
}

}  // namespace gander
