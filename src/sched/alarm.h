// SPDX-License-Identifier: Apache-2.0
//
// Alarms, the timers of the runtime itself: a function that runs at a time, on a scheduler's stack.
//
// An alarm lies in its owner's memory (a goroutine's stack, a slab) and is in at most one P's heap. Its function runs
// on some thread inside the runtime without a goroutine: it must be short, must not park, and may take locks,
// ready() goroutines, and add or stop timers (its own too).
//
//     inactive → queued     alarm_start()
//     queued → inactive     alarm_stop() that returns true
//     queued → running      the P that finds it due; then → inactive, or → queued again when period_ns > 0
// All fields but `function`, `argument`, which are constant while it is not inactive, are guarded by the lock of the heap it
// is in.
#pragma once

#include <atomic>
#include <cstdint>

#include "os/os.h"

namespace gander {

struct alarm_heap;

struct alarm {
  void (*function)(alarm&) = nullptr;
  void* argument = nullptr;
  std::int64_t when_ns = 0;
  std::int64_t period_ns = 0;
  std::atomic<alarm_heap*> heap{nullptr};   // where it is queued or running
  std::uint32_t position = 0;               // in the heap's array
  enum class state : std::uint8_t { inactive, queued, running };
  std::atomic<state> status{state::inactive};
};

// Queues an inactive timer. Any thread, inside any scope.
void alarm_start(alarm& t, std::int64_t when_ns, std::int64_t period_ns = 0) noexcept;

// Takes a timer out: true when it was queued, so its function will not run (again). When false the function has run, or
// is running now: alarm_stop returns only after it has finished, unless it is called from that function itself.
// The timer's memory may go after that. REQUIRES: no lock held that the function takes.
bool alarm_stop(alarm& t) noexcept;

}  // namespace gander
