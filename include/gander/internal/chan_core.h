// SPDX-License-Identifier: Apache-2.0
//
// The channel under the templates: one type-erased object, and the calls that work on it.
//
// Invariants, under `mutex`:
//   - raw and inline_move types keep `count` values in a ring, user types `count` cells in a list
//   - senders wait only while count >= capacity
//   - receivers wait only while no committed value stands in front
//   - count <= capacity, but for cells that were put back because their move threw
//   - nobody waits to send on a closed channel
// `mutex` is a leaf, apart from select, which locks several channels in the order of their
// addresses.
//
// The calls come in two classes, see docs/design/border.md: those with a deadline switch, all
// others do not. A null channel is nil. None runs user code; what they leave to be moved is told by
// the outcome. Locks, fast paths and the protocols of handing over are explained in
// docs/design/channels.md.
#pragma once

#include <gander/internal/elem.h>
#include <gander/internal/lock.h>
#include <gander/internal/place.h>
#include <gander/internal/wait_list.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#pragma GCC visibility push(default)

namespace gander::internal {

// A place in the buffer of a channel of user-mode values, allocated by the sender, freed by the
// receiver. The value follows at value_offset. It is `pending` from the moment its place in the
// order is fixed until the value is there.
struct cell {
  cell* next = nullptr;
  cell* prev = nullptr;
  bool committed = false;
};

// Whose channel it is, and what happened to it last: for reports.
enum class chan_owner : std::uint8_t { user, timer, ticker, context };
enum class chan_event : std::uint8_t { none, closed, fired, stopped, reset, dropped };

struct chan_core {
  lock mutex;
  elem_mode mode;
  std::atomic<chan_owner> owner{chan_owner::user};
  std::atomic<chan_event> event{chan_event::none};
  std::atomic<bool> closed{false};
  // Hints for the fast paths: false means that nobody waits; true may be out of date.
  std::atomic<bool> maybe_receivers{false};
  std::atomic<bool> maybe_senders{false};
  std::atomic<std::size_t> count{0};
  const std::size_t capacity;
  const std::size_t slot_size;
  std::byte* const ring;  // capacity slots, nullptr for user types
  std::size_t head = 0;   // the slot to be received next
  std::size_t tail = 0;   // the slot to be filled next
  cell* first = nullptr;  // user types: the buffer, front first
  cell* last = nullptr;
  wait_list receivers;
  wait_list senders;
  const elem_ops& ops;
  std::atomic<std::size_t> references{1};
  std::atomic<std::uintptr_t> made{0};  // where
  deed changed;                         // by whom and where `event` happened

  chan_core(const elem_ops& elem, std::size_t slots, std::byte* buffer) noexcept
      : mode(elem.mode), capacity(slots), slot_size(elem.size), ring(buffer), ops(elem) {}
  chan_core(const chan_core&) = delete;
  chan_core& operator=(const chan_core&) = delete;
};

// How a call ended, and how a parked waiter was woken (sudog::result).
enum class chan_result : std::uint8_t {
  done,
  closed,
  would_block,  // or the deadline came
  move,         // unbuffered user types: `work` is the peer's sudog, ours until handoff_finish
  retry,        // only in sudog::result: the peer's move threw, start again
};

struct outcome {
  chan_result result;
  void* work = nullptr;

  sudog* peer() const noexcept { return static_cast<sudog*>(work); }
  cell* slot() const noexcept { return static_cast<cell*>(work); }
};

// Modes raw and inline_move: `value` is a T*, `landing` what landing<T>::address() gave.
chan_result chan_send(chan_core* c, void* value, std::int64_t deadline_ns) noexcept;
chan_result chan_receive(chan_core* c, void* landing, std::int64_t deadline_ns) noexcept;
chan_result chan_try_send(chan_core& c, void* value) noexcept;
chan_result chan_try_receive(chan_core& c, void* landing) noexcept;

// Mode user, unbuffered: `done` (the peer moved), or `move`: the caller moves between *value and
// the peer's elem, then says how that went; false has the peer try again.
outcome handoff_send(chan_core* c, void* value, std::int64_t deadline_ns) noexcept;
outcome handoff_receive(chan_core* c, void* optional, std::int64_t deadline_ns) noexcept;
outcome handoff_try_send(chan_core& c) noexcept;
outcome handoff_try_receive(chan_core& c) noexcept;
void handoff_finish(sudog* peer, bool moved) noexcept;

// Mode user, buffered. A sender reserves a place with its own cell, moves the value in and commits,
// or cancels and has its cell back. A receiver takes a cell out (outcome::slot), moves the value
// out of it and frees it, or puts it back.
chan_result cell_reserve(chan_core& c, cell* own, std::int64_t deadline_ns) noexcept;
chan_result cell_try_reserve(chan_core& c, cell* own) noexcept;
void cell_commit(chan_core& c, cell* reserved) noexcept;
void cell_cancel(chan_core& c, cell* reserved) noexcept;
outcome cell_take(chan_core& c, std::int64_t deadline_ns) noexcept;
outcome cell_try_take(chan_core& c) noexcept;
void cell_put_back(chan_core& c, cell* taken) noexcept;

// Non-switching. False when it was closed already. `place` is where, 0: nowhere in the program.
bool chan_close(chan_core& c, std::uintptr_t place = 0) noexcept;

// For reports, all relaxed.
inline void made_at(chan_core& c, chan_owner owner, std::uintptr_t place) noexcept {
  c.owner.store(owner, std::memory_order_relaxed);
  c.made.store(place, std::memory_order_relaxed);
}
inline void changed_at(chan_core& c, chan_event event, std::uint64_t who,
                       std::uintptr_t place) noexcept {
  c.event.store(event, std::memory_order_relaxed);
  c.changed.set(who, place);
}
past closed_past(const chan_core& c) noexcept;  // for complaints

// --- select
// ----------------------------------------------------------------------------------------

struct select_entry {
  chan_core* core = nullptr;  // nil is never ready
  void* elem = nullptr;  // value, landing, optional, or the sender's cell: as in the calls above
  bool is_send = false;
  sudog waiter;
};

// What a goroutine in a select waits for; on its stack.
struct select_wait {
  const select_entry* entries;
  std::size_t count;
};

struct select_outcome {
  std::size_t index = 0;  // REQUIRES result != would_block
  outcome what;
};

// Switching. Parks until one entry could go on; for ever when there is none. `orders` is room for 2
// × count numbers.
select_outcome chan_select(select_entry* entries, std::size_t count,
                           std::uint32_t* orders) noexcept;

// Switching. What a select without any case does.
[[noreturn]] void chan_select_nothing() noexcept;

// Non-switching. would_block when no entry can go on.
select_outcome chan_try_select(select_entry* entries, std::size_t count,
                               std::uint32_t* orders) noexcept;

// --- answers without a lock, outside the border
// -----------------------------------------------------

// Nobody can send now. acquire: see certainly_blocked().
inline bool looks_full(const chan_core& c) noexcept {
  if (c.capacity == 0) return !c.maybe_receivers.load(std::memory_order_acquire);
  return c.count.load(std::memory_order_acquire) >= c.capacity;
}

// Nothing is there to be received now.
inline bool looks_empty(const chan_core& c) noexcept {
  if (c.capacity == 0) return !c.maybe_senders.load(std::memory_order_acquire);
  return c.count.load(std::memory_order_acquire) == 0;
}

// True when an operation certainly had to wait at some instant of this call; false when a closer
// look is needed. Why two unlocked loads are enough: the first, acquire, pairs with the release
// store of whoever made the channel so, under the lock. Had it been closed before that, the second
// load would have to see it. So, when it reads "open", the channel was open and blocked at one
// instant, and stays as good as that for us: only what happens before our call must be seen, and
// coherence shows it. (Go looks at `closed` first; a close that sends the receivers away between
// its two loads then makes a send "block" that never could have.)
inline bool certainly_blocked(const chan_core& c, bool sending) noexcept {
  if (!(sending ? looks_full(c) : looks_empty(c))) return false;
  return !c.closed.load(std::memory_order_acquire);
}

}  // namespace gander::internal

#pragma GCC visibility pop
