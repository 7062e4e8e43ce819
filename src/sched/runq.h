// SPDX-License-Identifier: Apache-2.0
//
// The run queue of a P: a ring of 256 goroutines and one slot, `next`, for the goroutine that the
// running one has just made ready: it runs next and shares the time slice, so that a pair that
// talks does not wait for everybody.
//
// Only the owner of the P adds. The owner and thieves take, by compare-and-swap of head (and of
// next). What the ring has no room for goes to the global queue, half of the ring at a time. Go's
// structure: runtime/proc.go runqput, runqget, runqgrab. Model: test/model/runq.pml.
#pragma once

#include <atomic>
#include <cstdint>

#include "sched/g_queue.h"

namespace gander {

class run_queue {
 public:
  static constexpr std::uint32_t capacity = 256;

  // Owner only. What overflows is appended to `overflow`, for the global queue.
  void put_next(G* g, g_queue& overflow) noexcept;
  void put(G* g, g_queue& overflow) noexcept;

  // Owner only. `inherits_slice` tells that it came from the `next` slot.
  G* get(bool& inherits_slice) noexcept;

  // A thief's: moves half of `victim` into this queue, which must be empty and the caller's, and
  // returns one of them. With `take_next` also the goroutine in the next slot may be taken when
  // there is no other.
  G* steal_from(run_queue& victim, bool take_next) noexcept;

  // Anyone. Exact for the owner, a snapshot for others: a goroutine on its way from `next` to the
  // ring is not seen, but its owner looks for idle Ps after that.
  bool empty() const noexcept;

 private:
  std::uint32_t grab(run_queue& thief, std::uint32_t thief_tail, bool take_next) noexcept;
  // Brings the goroutine at `position` to the caches while the one before it runs: its G, and its
  // innermost frames, which for one that has called little lie right below. A hint: a thief may
  // have taken it, and a G is never unmapped.
  void prefetch(std::uint32_t position) const noexcept;
  bool spill(G* g, std::uint32_t head, std::uint32_t tail, g_queue& overflow) noexcept;

  // head: acquire and release, by whoever takes. tail: release by the owner, publishes the slots;
  // acquire by thieves.
  std::atomic<std::uint32_t> head_{0};
  std::atomic<std::uint32_t> tail_{0};
  std::atomic<G*> next_{nullptr};
  // Slots are atomic because a slow thief may read one that the owner is overwriting; its swap of
  // head then fails.
  std::atomic<G*> ring_[capacity] = {};
};

// Inline: these are on the way of every switch.

inline void run_queue::put_next(G* g, g_queue& overflow) noexcept {
  // Release publishes g; acquire, for the goroutine kicked out was put there by this thread or a
  // former owner.
  G* const kicked = next_.exchange(g, std::memory_order_acq_rel);
  if (kicked == nullptr) return;
  put(kicked, overflow);
  // For a moment the goroutine kicked out was in no queue: a full fence between its return and the
  // caller's look for idle Ps, as the exchange is one for g.
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

inline void run_queue::put(G* g, g_queue& overflow) noexcept {
  for (;;) {
    const std::uint32_t head =
        head_.load(std::memory_order_acquire);  // pairs with the takers' release
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);  // only this thread writes it
    if (tail - head < capacity) {
      ring_[tail % capacity].store(g, std::memory_order_relaxed);  // published by tail
      tail_.store(tail + 1, std::memory_order_release);
      return;
    }
    if (spill(g, head, tail, overflow)) return;
  }
}

inline G* run_queue::get(bool& inherits_slice) noexcept {
  G* next = next_.load(std::memory_order_relaxed);
  // Only thieves compete, and they only empty the slot: if the swap fails it is empty.
  if (next != nullptr && next_.compare_exchange_strong(next, nullptr, std::memory_order_acq_rel)) {
    inherits_slice = true;
    return next;
  }
  inherits_slice = false;
  for (;;) {
    std::uint32_t head = head_.load(std::memory_order_acquire);  // pairs with the thieves' release
    if (head == tail_.load(std::memory_order_relaxed)) return nullptr;
    G* g = ring_[head % capacity].load(std::memory_order_relaxed);
    // acquire only: no other thread writes slots, so there is nothing to release.
    if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acquire)) {
      prefetch(head + 1);
      return g;
    }
  }
}

[[gnu::always_inline]] inline void run_queue::prefetch(std::uint32_t position) const noexcept {
  if (position == tail_.load(std::memory_order_relaxed)) return;
  const char* const g =
      reinterpret_cast<const char*>(ring_[position % capacity].load(std::memory_order_relaxed));
  for (int line = -3; line <= 1; ++line) __builtin_prefetch(g + 64 * line, 1);
}

inline bool run_queue::empty() const noexcept {
  const std::uint32_t head = head_.load(std::memory_order_acquire);
  const std::uint32_t tail = tail_.load(std::memory_order_acquire);
  return head == tail && next_.load(std::memory_order_acquire) == nullptr;
}

}  // namespace gander
