// SPDX-License-Identifier: Apache-2.0
//
// barrier without its completion function.
//
// Destruction: waiters come out of wait() through lock_ or through ready(), both after next_phase()
// has touched the barrier for the last time. Hence wait() takes the lock even when the phase has
// ended.
#include <gander/panic.h>
#include <gander/sync/barrier.h>

#include "sched/border.h"
#include "sync/waiting.h"

namespace gander::internal {

barrier_state::arrival barrier_state::arrive(std::ptrdiff_t n, bool drop) {
  {
    const runtime_scope scope;
    const lock_scope guard(lock_);
    if (n > 0 && n <= missing_) {
      missing_ -= n;
      if (drop) --expected_;
      return {phase_, missing_ == 0};
    }
  }
  panic("barrier: more arrivals than expected");
}

void barrier_state::next_phase() noexcept {
  const runtime_scope scope;
  woken_list admitted;
  lock_.acquire();
  ++phase_;
  missing_ = expected_;
  admitted.add_all(waiters_);
  lock_.release();
  admitted.ready_all();
}

void barrier_state::wait(std::uint64_t phase) noexcept {
  const switching_scope scope;
  lock_.acquire();
  if (phase_ != phase) return lock_.release();
  sudog self;
  enqueue(waiters_, self);
  park(lock_, wait_reason::barrier_wait, this);
}

}  // namespace gander::internal
