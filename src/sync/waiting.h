// SPDX-License-Identifier: Apache-2.0
//
// Waking many: under the lock the waiters move to a list of the waker's own, then the lock is released, then they run.
// The object that they waited for may be gone as soon as the first of them runs.
//
// Callers are inside any scope; ready_all() under no lock.
#pragma once

#include "sched/park.h"

namespace gander {

// Moves every waiter of `from` that can be woken to `to`; returns how many. REQUIRES: the lock of `from`.
inline std::uint32_t dequeue_all(wait_list& from, wait_list& to) noexcept {
  std::uint32_t count = 0;
  for (sudog* waiter; (waiter = dequeue(from)) != nullptr; ++count) to.push_back(*waiter);
  return count;
}

inline void ready_all(wait_list& waiters) noexcept {
  while (sudog* waiter = waiters.head) {
    waiters.remove(*waiter);
    ready(waiter->g);
  }
}

}  // namespace gander
