// SPDX-License-Identifier: Apache-2.0
//
// The slow half of semaphore.
//
// queued_bit is raised only while there are no permits, and keeps the fast path of release() away:
// from then on permits go straight to the queue, under queue_lock_, until it is empty and the bit
// taken down. So nobody overtakes.
//
// Destruction: whoever gets a permit may destroy the semaphore. A permit is put into state_ by one
// compare-and-swap, the releaser's last access; or it is given to a waiter, who is inside acquire()
// until ready(), the releaser's last step.
#include <gander/sync/semaphore.h>

#include "sched/border.h"
#include "sync/waiting.h"

namespace gander {

bool semaphore::acquire_slow(std::int64_t deadline_ns) noexcept {
  const switching_scope scope;
  queue_lock_.acquire();
  std::int64_t s = state_.load(std::memory_order_relaxed);
  for (;;) {
    // acquire: pairs with release(). relaxed when it fails or queues: queue_lock_ orders the queue.
    const std::int64_t next = s >= one_permit ? s - one_permit : s | queued_bit;
    if (state_.compare_exchange_weak(s, next, std::memory_order_acquire, std::memory_order_relaxed))
      break;
  }
  if (s >= one_permit) {
    queue_lock_.release();
    return true;
  }
  sudog self;
  enqueue(waiters_, self);
  return park_until(queue_lock_, waiters_, self, wait_reason::semacquire, deadline_ns, this);
}

void semaphore::release_slow(std::ptrdiff_t permits) noexcept {
  const runtime_scope scope;
  woken_list admitted;
  std::int64_t s = state_.load(std::memory_order_relaxed);
  while (permits > 0) {
    if ((s & queued_bit) == 0) {
      // What the queue did not want. release: as in release().
      if (!state_.compare_exchange_weak(s, s + permits * one_permit, std::memory_order_release,
                                        std::memory_order_relaxed))
        continue;
      break;
    }
    queue_lock_.acquire();
    for (; permits > 0; --permits) {
      sudog* waiter = dequeue(waiters_);
      if (waiter == nullptr) break;
      admitted.add(*waiter);
    }
    if (waiters_.empty())
      state_.fetch_and(~queued_bit, std::memory_order_relaxed);  // the permits follow, or are given
    s = state_.load(std::memory_order_relaxed);
    queue_lock_.release();
  }
  admitted.ready_all();
}

}  // namespace gander
