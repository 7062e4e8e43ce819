// SPDX-License-Identifier: Apache-2.0
//
// What the files of this folder share: one step of an operation, taken under the channel's lock,
// for a plain call and a select alike. A step never waits, wakes nobody and releases nothing: it
// says what is to be done after the lock.
//
// All functions REQUIRE c.mutex, unless they say otherwise, and a scope inside the border.
#pragma once

#include <gander/internal/chan_core.h>
#include <gander/internal/deadline.h>

#include <cstdint>

#include "sched/border.h"
#include "sched/park.h"

namespace gander::internal {

struct step {
  chan_result result;
  void* work = nullptr;   // as in outcome
  sudog* wake = nullptr;  // chain through sudog::next of waiters to be woken after the lock
};

step send_inline(chan_core& c, void* value) noexcept;
step receive_inline(chan_core& c, void* landing) noexcept;
step send_handoff(chan_core& c) noexcept;
step receive_handoff(chan_core& c) noexcept;
step reserve_cell(chan_core& c, cell* own) noexcept;
step take_cell(chan_core& c) noexcept;

// Waiters to be woken, first come first.
class wake_chain {
 public:
  void add(sudog& s, chan_result result) noexcept {
    s.result = static_cast<std::uint8_t>(result);
    s.next = nullptr;
    *end_ = &s;
    end_ = &s.next;
  }
  sudog* first() const noexcept { return first_; }

 private:
  sudog* first_ = nullptr;
  sudog** end_ = &first_;
};

// No lock held. A woken waiter's sudog is gone, so its link is read before.
inline void wake(sudog* s) noexcept {
  while (s != nullptr) {
    sudog* const next = s->next;
    ready(s->g);
    s = next;
  }
}

inline chan_result result_of(const sudog& s) noexcept { return static_cast<chan_result>(s.result); }

// release on the hints and on count: pairs with the acquire loads of the unlocked fast paths
// (certainly_blocked()).
inline sudog* take_waiter(wait_list& list, std::atomic<bool>& hint) noexcept {
  sudog* const s = list.empty() ? nullptr : dequeue(list);
  if (list.empty()) hint.store(false, std::memory_order_release);
  return s;
}

inline sudog* take_receiver(chan_core& c) noexcept {
  return take_waiter(c.receivers, c.maybe_receivers);
}
inline sudog* take_sender(chan_core& c) noexcept { return take_waiter(c.senders, c.maybe_senders); }

inline void queue(chan_core& c, sudog& s, bool sending) noexcept {
  enqueue(sending ? c.senders : c.receivers, s);
  (sending ? c.maybe_senders : c.maybe_receivers).store(true, std::memory_order_release);
}

// count is written under the lock only; relaxed to read it there.
inline std::size_t count_of(const chan_core& c) noexcept {
  return c.count.load(std::memory_order_relaxed);
}
inline void set_count(chan_core& c, std::size_t n) noexcept {
  c.count.store(n, std::memory_order_release);
}
inline bool is_closed(const chan_core& c) noexcept {
  return c.closed.load(std::memory_order_relaxed);
}

// Releases the lock and parks until woken (true: `self` has the result) or until the deadline.
// REQUIRES: a switching_scope.
bool wait(chan_core& c, sudog& self, bool sending, std::int64_t deadline_ns) noexcept;

// What a nil channel does: no lock is held. Returns when the deadline has come, if ever.
void wait_nil(bool sending, std::int64_t deadline_ns) noexcept;

}  // namespace gander::internal
