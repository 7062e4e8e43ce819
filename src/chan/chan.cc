// SPDX-License-Identifier: Apache-2.0
//
// Channels whose values move under the lock (raw, inline_move), closing, and waiting. This is the
// path that programs live on: one lock taken and released per operation, no other locked
// instruction, no indirect call for raw types.
#include "chan/chan.h"

#include <gander/internal/gc_runtime.h>

#include <cstring>

#include "base/check.h"

namespace gander::internal {
namespace {

// A call of memcpy with a size known only at run time costs as much as the rest of a short
// operation.
inline void copy_raw(void* to, const void* from, std::size_t size) noexcept {
  switch (size) {
    case 0:
      return;
    case 1:
      std::memcpy(to, from, 1);
      return;
    case 4:
      std::memcpy(to, from, 4);
      return;
    case 8:
      std::memcpy(to, from, 8);
      return;
    case 16:
      std::memcpy(to, from, 16);
      return;
    default:
      std::memcpy(to, from, size);
  }
}

// What has left the ring is no root any more: the collector takes each word in it for a pointer.
inline void clear(void* slot, std::size_t size) noexcept {
  if (size < sizeof(void*)) return;
  if (size == sizeof(void*))
    std::memset(slot, 0, sizeof(void*));
  else
    std::memset(slot, 0, size);
}

inline void* slot(const chan_core& c, std::size_t index) noexcept {
  return c.ring + index * c.slot_size;
}

inline std::size_t following(const chan_core& c, std::size_t index) noexcept {
  return index + 1 == c.capacity ? 0 : index + 1;
}

inline void pass(const chan_core& c, void* landing, void* value) noexcept {
  if (c.mode == elem_mode::raw) {
    copy_raw(landing, value, c.slot_size);
  } else {
    c.ops.pass(landing, value);
  }
}

// A value has left its parked sender. Of a raw one he keeps a copy, until he runs.
inline void tell_moved(const chan_core& c, const void* to) noexcept {
  if (c.mode != elem_mode::raw) gc_moved_off_stack(to, c.slot_size);
}

inline void push(chan_core& c, void* value) noexcept {
  if (c.mode == elem_mode::raw) {
    copy_raw(slot(c, c.tail), value, c.slot_size);
  } else {
    c.ops.put(slot(c, c.tail), value);
  }
  c.tail = following(c, c.tail);
}

inline void pop(chan_core& c, void* landing) noexcept {
  void* const first = slot(c, c.head);
  if (c.mode == elem_mode::raw) {
    copy_raw(landing, first, c.slot_size);
  } else {
    c.ops.take(landing, first);
  }
  clear(first, c.slot_size);
  c.head = following(c, c.head);
}

inline step wake_with(chan_result result, sudog& waiter) noexcept {
  waiter.result = static_cast<std::uint8_t>(result);
  return {result, nullptr, &waiter};
}

inline step do_send(chan_core& c, void* value) noexcept {
  if (is_closed(c)) [[unlikely]]
    return {chan_result::closed};
  if (sudog* const receiver = take_receiver(c)) {
    pass(c, receiver->elem, value);
    return wake_with(chan_result::done, *receiver);
  }
  const std::size_t count = count_of(c);
  if (count == c.capacity) return {chan_result::would_block};
  push(c, value);
  set_count(c, count + 1);
  return {chan_result::done};
}

inline step do_receive(chan_core& c, void* landing) noexcept {
  if (const std::size_t count = count_of(c); count > 0) {
    pop(c, landing);
    sudog* const sender = take_sender(c);
    if (sender == nullptr) {
      set_count(c, count - 1);
      return {chan_result::done};
    }
    // The buffer was full: into the slot just emptied, behind all others.
    void* const last = slot(c, c.tail);
    push(c, sender->elem);
    tell_moved(c, last);
    return wake_with(chan_result::done, *sender);
  }
  if (sudog* const sender = take_sender(c)) {
    pass(c, landing, sender->elem);
    tell_moved(c, landing);
    return wake_with(chan_result::done, *sender);
  }
  return {is_closed(c) ? chan_result::closed : chan_result::would_block};
}

}  // namespace

step send_inline(chan_core& c, void* value) noexcept { return do_send(c, value); }
step receive_inline(chan_core& c, void* landing) noexcept { return do_receive(c, landing); }

chan_result chan_send(chan_core* c, void* value, std::int64_t deadline_ns) noexcept {
  const switching_scope scope;
  if (c == nullptr) [[unlikely]] {
    wait_nil(true, deadline_ns);
    return chan_result::would_block;
  }
  c->mutex.acquire();
  const step s = do_send(*c, value);
  if (s.result == chan_result::would_block) {
    sudog self;
    self.elem = value;
    return wait(*c, self, true, deadline_ns) ? result_of(self) : chan_result::would_block;
  }
  c->mutex.release();
  if (s.wake != nullptr) ready(s.wake->g);
  return s.result;
}

chan_result chan_receive(chan_core* c, void* landing, std::int64_t deadline_ns) noexcept {
  const switching_scope scope;
  if (c == nullptr) [[unlikely]] {
    wait_nil(false, deadline_ns);
    return chan_result::would_block;
  }
  c->mutex.acquire();
  const step s = do_receive(*c, landing);
  if (s.result == chan_result::would_block) {
    sudog self;
    self.elem = landing;
    return wait(*c, self, false, deadline_ns) ? result_of(self) : chan_result::would_block;
  }
  c->mutex.release();
  if (s.wake != nullptr) ready(s.wake->g);
  return s.result;
}

chan_result chan_try_send(chan_core& c, void* value) noexcept {
  const runtime_scope scope;
  c.mutex.acquire();
  const step s = do_send(c, value);
  c.mutex.release();
  wake(s.wake);
  return s.result;
}

chan_result chan_try_receive(chan_core& c, void* landing) noexcept {
  const runtime_scope scope;
  c.mutex.acquire();
  const step s = do_receive(c, landing);
  c.mutex.release();
  wake(s.wake);
  return s.result;
}

bool chan_close(chan_core& c, std::uintptr_t place) noexcept {
  const runtime_scope scope;
  wake_chain woken;
  c.mutex.acquire();
  if (is_closed(c)) {
    c.mutex.release();
    return false;
  }
  // release: pairs with the acquire in certainly_blocked(); a reader of "closed" sees the last
  // values sent.
  c.closed.store(true, std::memory_order_release);
  changed_at(c, chan_event::closed, who_am_i(), place);
  // With receivers waiting, the buffer holds at most reservations whose values are on their way to
  // them.
  if (c.first == nullptr) {
    while (sudog* const receiver = take_receiver(c)) woken.add(*receiver, chan_result::closed);
  }
  while (sudog* const sender = take_sender(c)) woken.add(*sender, chan_result::closed);
  c.mutex.release();
  wake(woken.first());
  return true;
}

past closed_past(const chan_core& c) noexcept {
  return {.what = "channel",
          .object = &c,
          .made = c.made.load(std::memory_order_relaxed),
          .happened = "closed",
          .who = c.changed.who.load(std::memory_order_relaxed),
          .place = c.changed.place.load(std::memory_order_relaxed)};
}

bool wait(chan_core& c, sudog& self, bool sending, std::int64_t deadline_ns) noexcept {
  if (deadline_ns == already_due) {
    c.mutex.release();
    return false;
  }
  queue(c, self, sending);
  const wait_reason reason = sending ? wait_reason::chan_send : wait_reason::chan_receive;
  if (deadline_ns == no_deadline) {
    park(c.mutex, reason, &c);
    return true;
  }
  return park_until(c.mutex, sending ? c.senders : c.receivers, self, reason, deadline_ns, &c);
}

void wait_nil(bool sending, std::int64_t deadline_ns) noexcept {
  const wait_reason reason = sending ? wait_reason::chan_send_nil : wait_reason::chan_receive_nil;
  if (deadline_ns == no_deadline) park_forever(reason);
  if (deadline_ns == already_due) return;
  lock nobody_knows;
  wait_list nobody_wakes;
  sudog self;
  nobody_knows.acquire();
  enqueue(nobody_wakes, self);
  const bool woken = park_until(nobody_knows, nobody_wakes, self, reason, deadline_ns);
  check(!woken, "a wait on a nil channel was woken");
}

}  // namespace gander::internal
