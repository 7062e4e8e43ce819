// SPDX-License-Identifier: Apache-2.0
//
// Waking many: under the lock the waiters move to a list of the waker's own, then the lock is
// released, then they run. The object that they waited for may be gone as soon as the first of them
// runs.
//
// Callers are inside any scope; ready_all() under no lock.
#pragma once

#include "sched/park.h"

namespace gander {

// Not a wait_list: its push_back() marks the sudog as queued, and a deadline that comes now would
// take it off the list that it is no longer on.
class woken_list {
 public:
  bool empty() const noexcept { return head_ == nullptr; }

  // REQUIRES: the caller has dequeued it.
  void add(sudog& waiter) noexcept {
    waiter.next = nullptr;
    *end_ = &waiter;
    end_ = &waiter.next;
  }

  // Moves every waiter that can be woken here; returns how many. REQUIRES: the lock of `from`.
  std::uint32_t add_all(wait_list& from) noexcept {
    std::uint32_t count = 0;
    for (sudog* waiter; (waiter = dequeue(from)) != nullptr; ++count) add(*waiter);
    return count;
  }

  void ready_all() noexcept {
    for (sudog* waiter = head_; waiter != nullptr;) {
      sudog* const next = waiter->next;  // after ready() the sudog is gone
      ready(waiter->g);
      waiter = next;
    }
  }

 private:
  sudog* head_ = nullptr;
  sudog** end_ = &head_;
};

}  // namespace gander
