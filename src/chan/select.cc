// SPDX-License-Identifier: Apache-2.0
//
// select, by Go's algorithm: with all its channels locked, take one case that can go on, in a
// random order; else queue on all of them and park; whoever wakes us has chosen the case.
//
//   pass 1   in poll order, a random permutation: the first that is ready is uniform among those
//   pass 2   a sudog for each case; G::select_done = 0; park_commit() lets go of all the locks once
//            our context is saved
//   (waker)  dequeue() claims select_done by compare-and-swap, for two wakers may find two of our
//            sudogs under two locks at once, and sets G::woken_by
//   pass 3   locks again, takes the losers off their lists
//
// Locks: the channels of a select in the order of their addresses, each once, however many cases
// name it.
#include <algorithm>
#include <functional>

#include "base/check.h"
#include "chan/chan.h"

namespace gander::internal {
namespace {

// A select's channels as one lock.
class select_locks {
 public:
  select_locks(const select_entry* entries, const std::uint32_t* order, std::size_t count) noexcept
      : entries_(entries), order_(order), count_(count) {}

  void acquire() const noexcept {
    chan_core* held = nullptr;
    for (std::size_t i = 0; i < count_; ++i) {
      chan_core* const c = at(i);
      if (c != held) c->mutex.acquire();
      held = c;
    }
  }

  // Once the last lock is released a waker may have us run on another thread, and pass 3 take all
  // locks and return: from then on nothing of ours may be touched, not even *this. So the lowest
  // goes last, and all that is read is read before.
  void release() const noexcept {
    for (std::size_t i = count_; i > 0; --i) {
      chan_core* const c = at(i - 1);
      const bool last_of_its_cases = i == 1 || at(i - 2) != c;
      const bool last = i == 1;
      if (last_of_its_cases) c->mutex.release();
      if (last) return;
    }
  }

  // For park_commit(): runs on the scheduler's stack.
  static void release_all(void* locks) noexcept {
    static_cast<const select_locks*>(locks)->release();
  }

 private:
  chan_core* at(std::size_t i) const noexcept { return entries_[order_[i]].core; }

  const select_entry* entries_;
  const std::uint32_t* order_;
  std::size_t count_;
};

step attempt(const select_entry& e) noexcept {
  chan_core& c = *e.core;
  if (c.mode != elem_mode::user)
    return e.is_send ? send_inline(c, e.elem) : receive_inline(c, e.elem);
  if (c.capacity == 0) return e.is_send ? send_handoff(c) : receive_handoff(c);
  return e.is_send ? reserve_cell(c, static_cast<cell*>(e.elem)) : take_cell(c);
}

// Fills both permutations of the entries that are not nil, and says how many these are.
std::size_t make_orders(const select_entry* entries, std::size_t count, std::uint32_t* poll,
                        std::uint32_t* locking) noexcept {
  std::size_t live = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (entries[i].core == nullptr) continue;
    // Fisher and Yates from the inside; the product is uniform enough for any count that fits a
    // stack.
    const auto j = static_cast<std::size_t>((std::uint64_t{random_u32()} * (live + 1)) >> 32);
    poll[live] = poll[j];
    poll[j] = i;
    locking[live++] = i;
  }
  std::sort(locking, locking + live, [entries](std::uint32_t a, std::uint32_t b) {
    return std::less<const chan_core*>()(entries[a].core, entries[b].core);
  });
  return live;
}

// Parks on all cases. False when the peer's move threw, and all is to be done again.
bool wait_for_any(select_entry* entries, std::size_t count, const std::uint32_t* live_entries,
                  std::size_t live, const select_locks& locks, select_outcome& chosen) noexcept {
  G* const g = current_m()->curg;
  // relaxed: published by the locks, as is all of the sudogs.
  g->select_done.store(0, std::memory_order_relaxed);
  g->woken_by = nullptr;
  for (std::size_t i = 0; i < live; ++i) {
    select_entry& e = entries[live_entries[i]];
    e.waiter = sudog();
    e.waiter.elem = e.elem;
    e.waiter.index = live_entries[i];
    e.waiter.is_select = true;
    queue(*e.core, e.waiter, e.is_send);
  }
  const select_wait all{entries, count};
  park_commit(select_locks::release_all, const_cast<select_locks*>(&locks), wait_reason::select,
              &all);

  locks.acquire();
  for (std::size_t i = 0; i < live; ++i) {
    select_entry& e = entries[live_entries[i]];
    if (e.waiter.queued) (e.is_send ? e.core->senders : e.core->receivers).remove(e.waiter);
  }
  locks.release();

  const sudog* const by = g->woken_by;
  check(by != nullptr && by->is_select, "a select was woken by nobody");
  chosen = {by->index, {result_of(*by), by->elem}};
  return chosen.what.result != chan_result::retry;
}

select_outcome run(select_entry* entries, std::size_t count, std::uint32_t* orders,
                   bool block) noexcept {
  std::uint32_t* const poll = orders;
  std::uint32_t* const locking = orders + count;
  const std::size_t live = make_orders(entries, count, poll, locking);
  if (live == 0) {
    if (block) park_forever(wait_reason::select);
    return {0, {chan_result::would_block}};
  }
  const select_locks locks(entries, locking, live);
  for (;;) {
    locks.acquire();
    for (std::size_t i = 0; i < live; ++i) {
      const step s = attempt(entries[poll[i]]);
      if (s.result == chan_result::would_block) continue;
      locks.release();
      wake(s.wake);
      return {poll[i], {s.result, s.work}};
    }
    if (!block) {
      locks.release();
      return {0, {chan_result::would_block}};
    }
    select_outcome chosen;
    if (wait_for_any(entries, count, locking, live, locks, chosen)) return chosen;
  }
}

}  // namespace

select_outcome chan_select(select_entry* entries, std::size_t count,
                           std::uint32_t* orders) noexcept {
  const switching_scope scope;
  return run(entries, count, orders, true);
}

void chan_select_nothing() noexcept {
  const switching_scope scope;
  park_forever(wait_reason::select_no_cases);
}

select_outcome chan_try_select(select_entry* entries, std::size_t count,
                               std::uint32_t* orders) noexcept {
  const runtime_scope scope;
  return run(entries, count, orders, false);
}

}  // namespace gander::internal
