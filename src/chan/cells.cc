// SPDX-License-Identifier: Apache-2.0
//
// Buffered channels of types whose moves are user code. The buffer is a list of cells, made by the
// senders' header code; a value's place in the order is fixed under the lock before the value is
// there.
//
//     (own) → pending        reserve_cell(), or settle() for a waiting sender: linked at the back
//     pending → committed    cell_commit(): the value is there
//     pending → (own)        cell_cancel(): the sender's move threw; unlinked
//     committed → (taken)    take_cell(), or settle() for a waiting receiver: unlinked
//     (taken) → committed    cell_put_back(): the receiver's move threw; linked in front again, so
//                            that count may exceed capacity by as many
//
// Invariants between two sections under the lock, kept by settle():
//   - no receiver waits while the front cell is committed
//   - no sender waits while count < capacity
//   - closed and no cell left: no receiver waits
// A pending cell in front holds back those behind it, and the end of a closed channel: order goes
// before speed.
#include "base/check.h"
#include "chan/chan.h"

namespace gander::internal {
namespace {

void link_back(chan_core& c, cell& x) noexcept {
  x.committed = false;
  x.next = nullptr;
  x.prev = c.last;
  (c.last != nullptr ? c.last->next : c.first) = &x;
  c.last = &x;
  set_count(c, count_of(c) + 1);
}

void link_front(chan_core& c, cell& x) noexcept {
  x.prev = nullptr;
  x.next = c.first;
  (c.first != nullptr ? c.first->prev : c.last) = &x;
  c.first = &x;
  set_count(c, count_of(c) + 1);
}

void unlink(chan_core& c, cell& x) noexcept {
  (x.prev != nullptr ? x.prev->next : c.first) = x.next;
  (x.next != nullptr ? x.next->prev : c.last) = x.prev;
  set_count(c, count_of(c) - 1);
}

bool front_committed(const chan_core& c) noexcept {
  return c.first != nullptr && c.first->committed;
}

// Serves all waiters that can be served; returns them as a chain to be woken.
sudog* settle(chan_core& c) noexcept {
  wake_chain woken;
  while (front_committed(c)) {
    sudog* const receiver = take_receiver(c);
    if (receiver == nullptr) break;
    receiver->elem = c.first;
    unlink(c, *c.first);
    woken.add(*receiver, chan_result::done);
  }
  while (count_of(c) < c.capacity) {
    sudog* const sender = take_sender(c);
    if (sender == nullptr) break;
    link_back(c, *static_cast<cell*>(sender->elem));
    woken.add(*sender, chan_result::done);
  }
  if (is_closed(c) && c.first == nullptr) {
    while (sudog* const receiver = take_receiver(c)) woken.add(*receiver, chan_result::closed);
  }
  return woken.first();
}

}  // namespace

step reserve_cell(chan_core& c, cell* own) noexcept {
  if (is_closed(c)) return {chan_result::closed};
  if (count_of(c) >= c.capacity) return {chan_result::would_block};
  link_back(c, *own);
  return {chan_result::done};
}

step take_cell(chan_core& c) noexcept {
  if (front_committed(c)) {
    cell* const front = c.first;
    unlink(c, *front);
    return {chan_result::done, front, settle(c)};
  }
  return {is_closed(c) && c.first == nullptr ? chan_result::closed : chan_result::would_block};
}

chan_result cell_reserve(chan_core& c, cell* own, std::int64_t deadline_ns) noexcept {
  const switching_scope scope;
  c.mutex.acquire();
  const step s = reserve_cell(c, own);
  if (s.result == chan_result::would_block) {
    sudog self;
    self.elem = own;
    return wait(c, self, true, deadline_ns) ? result_of(self) : chan_result::would_block;
  }
  c.mutex.release();
  return s.result;
}

chan_result cell_try_reserve(chan_core& c, cell* own) noexcept {
  const runtime_scope scope;
  const lock_scope locked(c.mutex);
  return reserve_cell(c, own).result;
}

outcome cell_take(chan_core& c, std::int64_t deadline_ns) noexcept {
  const switching_scope scope;
  c.mutex.acquire();
  const step s = take_cell(c);
  if (s.result == chan_result::would_block) {
    sudog self;
    if (!wait(c, self, false, deadline_ns)) return {chan_result::would_block};
    return {result_of(self), self.elem};
  }
  c.mutex.release();
  wake(s.wake);
  return {s.result, s.work};
}

outcome cell_try_take(chan_core& c) noexcept {
  const runtime_scope scope;
  c.mutex.acquire();
  const step s = take_cell(c);
  c.mutex.release();
  wake(s.wake);
  return {s.result, s.work};
}

void cell_commit(chan_core& c, cell* reserved) noexcept {
  const runtime_scope scope;
  c.mutex.acquire();
  dcheck(!reserved->committed, "a channel's cell was committed twice");
  reserved->committed = true;
  sudog* const woken = settle(c);
  c.mutex.release();
  wake(woken);
}

void cell_cancel(chan_core& c, cell* reserved) noexcept {
  const runtime_scope scope;
  c.mutex.acquire();
  unlink(c, *reserved);
  sudog* const woken = settle(c);
  c.mutex.release();
  wake(woken);
}

void cell_put_back(chan_core& c, cell* taken) noexcept {
  const runtime_scope scope;
  c.mutex.acquire();
  link_front(c, *taken);  // still marked committed
  sudog* const woken = settle(c);
  c.mutex.release();
  wake(woken);
}

}  // namespace gander::internal
