// SPDX-License-Identifier: Apache-2.0
//
// The waiters of a condition_variable.
//
// Lock order: cond_state::lock_ before the queue lock of a mutex.
//
// Destruction. A notified waiter that waited without a deadline for our own mutex touches the
// condition variable no more. The others do once more, so they are counted as present, and the
// destructor waits for those that are not queued any more. It does not wait for queued ones: to
// destroy under them is a mistake, but at the end of the process static objects go while goroutines
// wait, and must not hang it. Making present_ unnecessary by a lock in each waiter was rejected: a
// deadline that comes with the notification still needs the list.
#include <gander/internal/cond_state.h>
#include <gander/sync/mutex.h>

#include "os/os.h"
#include "sched/border.h"
#include "sync/waiting.h"

namespace gander::internal {
namespace {

// sudog::ticket
constexpr std::uint32_t parked = 1;   // the notifier must ready it
constexpr std::uint32_t counted = 2;  // in present_

constexpr std::uint8_t notified = 1;  // sudog::result

}  // namespace

// REQUIRES: lock_.
void cond_state::queue(sudog& waiter, std::uint32_t kind) noexcept {
  waiter.ticket = kind;
  if ((kind & counted) != 0)
    present_.fetch_add(1, std::memory_order_relaxed);  // relaxed: leave() publishes
  enqueue(waiters_, waiter);
  may_wait_.store(true, std::memory_order_relaxed);
}

bool cond_state::wait(mutex& held, std::int64_t deadline_ns) noexcept {
  const bool timed = deadline_ns != os::no_deadline;
  bool in_time;
  // What is told of the lock is where the user took it.
  const std::uintptr_t place = held.holder_.place.load(std::memory_order_relaxed);
  const std::uintptr_t outer = held.holder_.outer.load(std::memory_order_relaxed);
  const std::uintptr_t outermost = held.holder_.outermost.load(std::memory_order_relaxed);
  {
    const switching_scope scope;
    sudog self;
    lock_.acquire();
    queue(self, timed ? parked | counted : parked);
    held.unlock();
    in_time = park_until(lock_, waiters_, self, wait_reason::cond_wait, deadline_ns, this);
    if (timed) leave();
  }
  held.lock();
  held.holder_.place.store(place, std::memory_order_relaxed);
  held.holder_.outer.store(outer, std::memory_order_relaxed);
  held.holder_.outermost.store(outermost, std::memory_order_relaxed);
  return in_time;
}

void cond_state::notify_slow(std::uint32_t count) noexcept {
  const runtime_scope scope;
  woken_list woken;
  lock_.acquire();
  for (; count != 0; --count) {
    sudog* waiter = dequeue(waiters_);
    if (waiter == nullptr) break;
    waiter->result = notified;
    if ((waiter->ticket & parked) != 0) woken.add(*waiter);
  }
  if (waiters_.empty()) may_wait_.store(false, std::memory_order_relaxed);
  lock_.release();
  woken.ready_all();
}

void cond_state::wait_for_leavers_slow() noexcept {
  for (;;) {
    const switching_scope scope;
    std::uint32_t queued = 0;
    lock_.acquire();
    for (const sudog* waiter = waiters_.head; waiter != nullptr; waiter = waiter->next)
      if ((waiter->ticket & counted) != 0) ++queued;
    lock_.release();
    if (present_.load(std::memory_order_acquire) <= queued) return;
    yield_now();
  }
}

cond_waiter::cond_waiter(cond_state& state) noexcept : state_(state) {
  const runtime_scope scope;
  const lock_scope guard(state_.lock_);
  state_.queue(self_, counted);
}

bool cond_waiter::park(std::int64_t deadline_ns) noexcept {
  const switching_scope scope;
  left_ = true;
  bool in_time = true;
  state_.lock_.acquire();
  if (self_.result == notified) {
    state_.lock_.release();
  } else {
    self_.ticket |= parked;
    in_time = park_until(state_.lock_, state_.waiters_, self_, wait_reason::cond_wait, deadline_ns,
                         &state_);
  }
  state_.leave();
  return in_time;
}

void cond_waiter::withdraw() noexcept {
  const runtime_scope scope;
  state_.lock_.acquire();
  const bool lost = self_.result == notified;
  if (!lost) state_.waiters_.remove(self_);
  state_.lock_.release();
  if (lost) state_.notify(1);  // it was meant for somebody who waits
  state_.leave();
}

}  // namespace gander::internal
