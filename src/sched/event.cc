// SPDX-License-Identifier: Apache-2.0
#include <gander/internal/event.h>

#include "sched/border.h"

namespace gander::internal {

void event::set() noexcept {
  runtime_scope scope;
  wait_list woken;
  guard_.acquire();
  happened_.store(true, std::memory_order_release);
  while (sudog* s = dequeue(waiters_)) woken.push_back(*s);
  guard_.release();
  // Only the sudogs from here on: they lie on the waiters' stacks until each is woken.
  while (sudog* s = woken.head) {
    woken.remove(*s);
    ready(s->g);
  }
}

void event::wait() noexcept {
  // No look at happened() without the lock: the event may be gone while set() still holds it
  // otherwise.
  switching_scope scope;
  guard_.acquire();
  if (happened_.load(std::memory_order_relaxed)) {
    guard_.release();
    return;
  }
  sudog waiter;
  enqueue(waiters_, waiter);
  park(guard_, wait_reason::join, this);
}

}  // namespace gander::internal
