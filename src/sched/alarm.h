// SPDX-License-Identifier: Apache-2.0
//
// Alarms, the timers of the runtime itself: a function that runs at a time, on a scheduler's stack.
//
// An alarm lies in its owner's memory (a goroutine's stack, a slab) and is queued in at most one
// P's heap. Its function runs on some thread inside the runtime, without a goroutine and without
// any lock held: it must be short, must not park, and may take locks, ready() goroutines, and start
// or stop alarms, its own too. Its last act may be to end the alarm's life (to wake the goroutine
// on whose stack it lies): nothing touches the alarm afterwards.
//
//     inactive → queued     alarm_start()
//     queued → inactive     alarm_stop() that returns true; or it falls due, and its function runs
//     queued → queued       a periodic one falls due: queued anew before its function runs
#pragma once

#include <atomic>
#include <cstdint>

namespace gander {

class alarm_heap;

struct alarm {
  void (*function)(alarm&) = nullptr;
  void* argument = nullptr;

  // Guarded by the lock of `heap`.
  std::int64_t when_ns = 0;
  std::int64_t period_ns = 0;
  std::uint32_t position = 0;  // in the heap's array
  bool queued = false;

  std::atomic<alarm_heap*> heap{nullptr};  // the one it was last queued in
};

// Queues an inactive alarm. Any thread, inside any scope.
void alarm_start(alarm& a, std::int64_t when_ns, std::int64_t period_ns = 0) noexcept;

// The same for a goroutine that parks right away: its M looks at its alarms before it sleeps, so
// nobody is woken. REQUIRES: inside a goroutine, with a P.
void alarm_start_before_park(alarm& a, std::int64_t when_ns) noexcept;

// Takes an alarm out: true when it was queued. Its function is not running when this returns,
// unless the call came from that very function. The alarm's memory may go after that. REQUIRES: no
// lock held that the function takes.
bool alarm_stop(alarm& a) noexcept;

}  // namespace gander
