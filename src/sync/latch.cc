// SPDX-License-Identifier: Apache-2.0
//
// The slow half of latch: the last count_down() with waiters, and waiting.
//
// Destruction: the step to zero is the last access when nobody waits. Else the waiters pin the
// latch, for they get out of wait() only by ready().
#include <gander/panic.h>
#include <gander/sync/latch.h>

#include "sched/border.h"
#include "sync/waiting.h"

namespace gander {

void latch::count_down_slow(std::int64_t after) {
  if (after < 0) panic("latch: counted below zero");
  if (after != queued_bit) return;
  const runtime_scope scope;
  woken_list admitted;
  queue_lock_.acquire();
  admitted.add_all(waiters_);
  queue_lock_.release();
  admitted.ready_all();
}

void latch::wait_slow() noexcept {
  const switching_scope scope;
  queue_lock_.acquire();
  std::int64_t s = state_.load(std::memory_order_acquire);
  // acquire: pairs with count_down(), should it have reached zero. The bit goes up before zero, and
  // under queue_lock_, or not at all: so whoever reaches zero sees it and comes for us.
  while (s >= one_count &&
         !state_.compare_exchange_weak(s, s | queued_bit, std::memory_order_acquire)) {
  }
  if (s < one_count) return queue_lock_.release();
  sudog self;
  enqueue(waiters_, self);
  park(queue_lock_, wait_reason::latch_wait, this);
}

}  // namespace gander
