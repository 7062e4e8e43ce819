// SPDX-License-Identifier: Apache-2.0
//
// The slow half of wait_group.
//
// state_: counter × 2, queued_bit. The bit goes up while the counter is positive, under
// queue_lock_, and down when it has come to zero, under queue_lock_, by the one whose step that
// was.
//
// Destruction: the step to zero is the last access when nobody waits. Else the waiters pin the
// group, for they get out of wait() only by ready().
#include <gander/panic.h>
#include <gander/sync/wait_group.h>

#include "sched/border.h"
#include "sync/waiting.h"

namespace gander {

void wait_group::add_slow(std::int64_t n, std::int64_t after, std::uintptr_t changed_before) {
  if (after < 0)
    internal::panic_about("sync: negative WaitGroup counter",
                          {.what = "wait group",
                           .object = this,
                           .made = made_.load(std::memory_order_relaxed),
                           .happened = "changed last",
                           .place = changed_before});
  if (n > 0 && after == n * one_count + queued_bit)
    panic("sync: WaitGroup misuse: Add called concurrently with Wait");
  if (after != queued_bit) return;
  bool misuse;
  {
    const runtime_scope scope;
    woken_list admitted;
    queue_lock_.acquire();
    // relaxed: our step to zero was the release.
    misuse = state_.fetch_and(~queued_bit, std::memory_order_relaxed) != queued_bit;
    admitted.add_all(waiters_);
    queue_lock_.release();
    admitted.ready_all();
  }
  if (misuse) panic("sync: WaitGroup misuse: Add called concurrently with Wait");
}

void wait_group::wait_slow() {
  {
    const switching_scope scope;
    queue_lock_.acquire();
    std::int64_t s = state_.load(std::memory_order_acquire);
    // acquire: pairs with add(), should it have come to zero.
    while (s >= one_count &&
           !state_.compare_exchange_weak(s, s | queued_bit, std::memory_order_acquire)) {
    }
    if (s < one_count) return queue_lock_.release();
    sudog self;
    enqueue(waiters_, self);
    park(queue_lock_, wait_reason::wait_group_wait, this);
  }
  // relaxed: only to notice a mistake.
  if (state_.load(std::memory_order_relaxed) != 0)
    panic("sync: WaitGroup is reused before previous Wait has returned");
}

}  // namespace gander
