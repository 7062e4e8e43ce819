// SPDX-License-Identifier: Apache-2.0
//
// The slow half of mutex. The algorithm is that of Go's sync.Mutex with two differences, both
// because the queue stands in the mutex and not in a table of addresses:
//
// * A bit says that somebody waits, where Go counts: the list itself has the number, and timed
// waiters may leave it.
//   The bit may be up while nobody waits any more; then the next unlock finds out.
// * Hand-over keeps locked_bit set. Go clears it and lets newcomers stand back before starving_bit.
//
// Destruction. Go's collector keeps a mutex alive until the last unlock has returned; here the next
// owner may free it at once. So whoever clears locked_bit either touches the mutex no more (one
// compare-and-swap, the last access), or does it under queue_lock_ while a waiter is pinned: one in
// the queue, or one taken off it and not readied yet. A pinned waiter is inside lock(), so the
// mutex must live; and it gets out only by ready(), which comes after queue_lock_ is released, or
// by somebody who takes queue_lock_ after us.
//
// Transitions of state_ (l locked, w woken, s starving, q waiting; a dot is "either"):
//     free → l                      lock, try_lock
//     l... → l..q, may add s, drop w   a waiter queues, under queue_lock_
//     l..q → l.w.q                  a spinning waiter tells unlock() not to wake another
//     l (s clear, q clear or w set) → same without l    unlock, nobody to wake
//     l (s clear, w clear, q) → w., q if the queue is not empty   unlock wakes the first, under
//     queue_lock_ ls.q → ls.q, or l when it was the last    unlock hands over, under queue_lock_
#include <gander/sync/mutex.h>

#include "arch/arch.h"
#include "base/check.h"
#include "os/os.h"
#include "sched/border.h"
#include "sched/park.h"

namespace gander {
namespace {

// Go's figures.
constexpr int spin_rounds = 4;
constexpr int pauses_per_round = 30;
constexpr std::int64_t starvation_ns = 1'000'000;

constexpr std::uint8_t handed_over = 1;  // sudog::result: the waiter owns the mutex

}  // namespace

// Says in the state that a waiter is about to queue, as long as the mutex is locked: its owner must
// then come through queue_lock_. Gives back woken_bit, if it is ours. False when the mutex became
// free. REQUIRES: queue_lock_.
bool mutex::announce_waiter(std::uint32_t& s, bool woken, bool starving) noexcept {
  while ((s & locked_bit) != 0) {
    std::uint32_t next = s | waiting_bit;
    if (starving) next |= starving_bit;
    if (woken) next &= ~woken_bit;
    // relaxed: publishes nothing; queue_lock_ orders the queue.
    if (state_.compare_exchange_weak(s, next, std::memory_order_relaxed)) return true;
  }
  return false;
}

bool mutex::lock_slow(std::int64_t deadline_ns) noexcept {
  const switching_scope scope;
  std::int64_t waiting_since_ns = 0;
  bool has_waited = false;
  bool woken = false;  // woken_bit is ours
  bool starving = false;
  int round = 0;
  std::uint32_t s =
      state_.load(std::memory_order_relaxed);  // relaxed: each decision is confirmed by an exchange
  for (;;) {
    if ((s & locked_bit) == 0) {
      const std::uint32_t next = (woken ? s & ~woken_bit : s) | locked_bit;
      // acquire: pairs with the release of unlock().
      if (state_.compare_exchange_weak(s, next, std::memory_order_acquire,
                                       std::memory_order_relaxed))
        return true;
      continue;
    }
    if ((s & starving_bit) == 0 && round < spin_rounds && may_spin_for_owner()) {
      if (!woken && (s & (woken_bit | waiting_bit)) == waiting_bit)
        woken = state_.compare_exchange_strong(s, s | woken_bit, std::memory_order_relaxed);
      for (int i = 0; i < pauses_per_round; ++i) arch::pause();
      ++round;
      s = state_.load(std::memory_order_relaxed);
      continue;
    }

    queue_lock_.acquire();
    if (!announce_waiter(s, woken, starving)) {
      queue_lock_.release();
      continue;
    }
    sudog self;
    self.g = current_g();
    self.elem = __builtin_return_address(0);  // for who hands the mutex over
    // Who has waited before keeps his place.
    if (has_waited) {
      waiters_.push_front(self);
    } else {
      waiters_.push_back(self);
      waiting_since_ns = os::now_ns();
      has_waited = true;
    }
    if (!park_until(queue_lock_, waiters_, self, wait_reason::mutex_lock, deadline_ns, this))
      return false;
    const bool waited_long = os::now_ns() - waiting_since_ns > starvation_ns;
    if (self.result == handed_over) {
      // relaxed: we own the mutex; ready() has ordered what its last owner wrote.
      if (!waited_long) state_.fetch_and(~starving_bit, std::memory_order_relaxed);
      return true;
    }
    starving = starving || waited_long;
    woken = true;
    round = 0;
    s = state_.load(std::memory_order_relaxed);
  }
}

// Unlocks while `waiter`, the first of the queue, is pinned. True when it must be readied; false
// when another waiter competes already, which has raised woken_bit after unlock() looked. REQUIRES:
// queue_lock_, the mutex.
bool mutex::release_to(sudog& waiter) noexcept {
  const std::uint32_t now_empty = waiters_.empty() ? waiting_bit | starving_bit : 0;
  std::uint32_t s = state_.load(std::memory_order_relaxed);
  for (;;) {
    const bool hand_over = (s & starving_bit) != 0;
    const bool wake = hand_over || (s & woken_bit) == 0;
    std::uint32_t next = s;
    if (wake) next &= ~now_empty;
    if (!hand_over) next = (next & ~locked_bit) | woken_bit;
    // release: pairs with the acquire of the next lock().
    if (!state_.compare_exchange_weak(s, next, std::memory_order_release,
                                      std::memory_order_relaxed))
      continue;
    if (hand_over) {
      waiter.result = handed_over;
      holder_.set(waiter.g->who, reinterpret_cast<std::uintptr_t>(waiter.elem));
    }
    return wake;
  }
}

void mutex::unlock_slow() noexcept {
  std::uint32_t s = state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((s & locked_bit) == 0) {
      const internal::past locked{.what = "mutex",
                                  .object = this,
                                  .happened = "locked last",
                                  .who = holder_.who.load(std::memory_order_relaxed),
                                  .place = holder_.place.load(std::memory_order_relaxed)};
      fatal("sync: unlock of unlocked mutex", &locked);
    }
    if (wakes_nobody(s)) {
      // release: as in unlock(). This is the last access to the mutex.
      if (state_.compare_exchange_weak(s, s & ~locked_bit, std::memory_order_release,
                                       std::memory_order_relaxed))
        return;
      continue;
    }
    const runtime_scope scope;
    queue_lock_.acquire();
    if (sudog* waiter = dequeue(waiters_)) {
      const bool wake = release_to(*waiter);
      if (!wake) waiters_.push_front(*waiter);
      queue_lock_.release();
      if (wake) ready(waiter->g);
      return;
    }
    // All have left: their deadlines came. The mutex stays locked until queue_lock_ is free (see
    // above).
    s = state_.fetch_and(~(waiting_bit | starving_bit), std::memory_order_relaxed) &
        ~(waiting_bit | starving_bit);
    queue_lock_.release();
  }
}

}  // namespace gander
