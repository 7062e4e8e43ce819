// SPDX-License-Identifier: Apache-2.0
//
// The run queue of a P: a ring of 1,024 goroutines and one slot, `next`, for the goroutine that the
// running one has just made ready: it runs next and shares the time slice, so that a pair that
// talks does not wait for everybody.
//
// Only the owner of the P adds. The owner and thieves take, by compare-and-swap of head (and of
// next). What the ring has no room for goes to the global queue, half of the ring at a time. Go's
// structure: runtime/proc.go runqput, runqget, runqgrab, but for the size, there 256. Model:
// test/model/runq.pml.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "sched/g.h"

namespace gander {

// A goroutine to run next, if any.
struct runnable {
  G* g = nullptr;
  bool inherits_slice = false;  // it shares the time slice of the one before
};

class run_queue {
 public:
  static constexpr std::uint32_t capacity = 1024;

  // What the ring had no room for, in order.
  class overflow {
   public:
    overflow() noexcept {}  // leaves the slots as they are: most puts fill none
    bool empty() const noexcept { return count_ == 0; }
    void clear() noexcept { count_ = 0; }
    std::span<G* const> gs() const noexcept { return {gs_.data(), count_}; }

   private:
    friend run_queue;
    std::uint32_t count_ = 0;
    std::array<G*, capacity / 2 + 1> gs_;
  };

  // Owner only. What overflows is for the global queue.
  void put_next(G* g, overflow& out) noexcept;
  void put(G* g, overflow& out) noexcept;

  // Owner only. What comes from the `next` slot inherits the slice.
  runnable get() noexcept;

  // A thief's: moves half of `victim` into this queue, which must be empty and the caller's, and
  // returns one of them. With `take_next` also the goroutine in the next slot may be taken when
  // there is no other.
  G* steal_from(run_queue& victim, bool take_next) noexcept;

  // Anyone. Exact for the owner, a snapshot for others: a goroutine on its way from `next` to the
  // ring is not seen, but its owner looks for idle Ps after that.
  bool empty() const noexcept;

  // The owner: the first of the ring, unless a thief has just taken it. A hint.
  G* first() const noexcept {
    const std::uint32_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_relaxed)) return nullptr;
    return ring_[head % capacity].load(std::memory_order_relaxed);
  }

 private:
  std::uint32_t grab(run_queue& thief, std::uint32_t thief_tail, bool take_next) noexcept;
  // Brings the goroutine at `position` to the caches while the one before it runs: its G, and its
  // innermost frames, which for one that has called little lie right below. A hint: a thief may
  // have taken it, and a G is never unmapped.
  void prefetch(std::uint32_t position) const noexcept;
  bool spill(G* g, std::uint32_t head, std::uint32_t tail, overflow& out) noexcept;

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

inline void run_queue::put_next(G* g, overflow& out) noexcept {
  // Release publishes g; acquire, for the goroutine kicked out was put there by this thread or a
  // former owner.
  G* const kicked = next_.exchange(g, std::memory_order_acq_rel);
  if (kicked == nullptr) return;
  put(kicked, out);
  // For a moment the goroutine kicked out was in no queue: a full fence between its return and the
  // caller's look for idle Ps, as the exchange is one for g.
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

inline void run_queue::put(G* g, overflow& out) noexcept {
  for (;;) {
    const std::uint32_t head =
        head_.load(std::memory_order_acquire);  // pairs with the takers' release
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);  // only this thread writes it
    if (tail - head < capacity) {
      ring_[tail % capacity].store(g, std::memory_order_relaxed);  // published by tail
      tail_.store(tail + 1, std::memory_order_release);
      return;
    }
    if (spill(g, head, tail, out)) return;
  }
}

inline runnable run_queue::get() noexcept {
  G* next = next_.load(std::memory_order_relaxed);
  // Only thieves compete, and they only empty the slot: if the swap fails it is empty.
  if (next != nullptr && next_.compare_exchange_strong(next, nullptr, std::memory_order_acq_rel)) {
    return {next, true};
  }
  for (;;) {
    std::uint32_t head = head_.load(std::memory_order_acquire);  // pairs with the thieves' release
    if (head == tail_.load(std::memory_order_relaxed)) return {};
    G* g = ring_[head % capacity].load(std::memory_order_relaxed);
    // acquire only: no other thread writes slots, so there is nothing to release.
    if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acquire)) {
      prefetch(head + 1);
      return {g, false};
    }
  }
}

[[gnu::always_inline]] inline void run_queue::prefetch(std::uint32_t position) const noexcept {
  const std::uint32_t left = tail_.load(std::memory_order_relaxed) - position;
  if (left == 0) return;
  G* const next = ring_[position % capacity].load(std::memory_order_relaxed);
  // relaxed: a thief may be running it.
  const char* const frames =
      static_cast<const char*>(std::atomic_ref(next->sp).load(std::memory_order_relaxed));
  for (int line = 0; line < 4; ++line) __builtin_prefetch(frames + 64 * line, 1);
  __builtin_prefetch(next->record, 1);
  if (left > 1)
    __builtin_prefetch(ring_[(position + 1) % capacity].load(std::memory_order_relaxed), 1);
}

inline bool run_queue::empty() const noexcept {
  const std::uint32_t head = head_.load(std::memory_order_acquire);
  const std::uint32_t tail = tail_.load(std::memory_order_acquire);
  return head == tail && next_.load(std::memory_order_acquire) == nullptr;
}

}  // namespace gander
