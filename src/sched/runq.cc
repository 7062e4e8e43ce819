// SPDX-License-Identifier: Apache-2.0
#include "sched/runq.h"

#include <algorithm>

#include "arch/arch.h"
#include "os/os.h"

namespace gander {

void run_queue::put_next(G* g, g_queue& overflow) noexcept {
  // Release publishes g; acquire, for the goroutine kicked out was put there by this thread or a
  // former owner.
  G* const kicked = next_.exchange(g, std::memory_order_acq_rel);
  if (kicked == nullptr) return;
  put(kicked, overflow);
  // For a moment the goroutine kicked out was in no queue: a full fence between its return and the
  // caller's look for idle Ps, as the exchange is one for g.
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void run_queue::put(G* g, g_queue& overflow) noexcept {
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

// Half of a full ring, and g after it.
bool run_queue::spill(G* g, std::uint32_t head, std::uint32_t tail, g_queue& overflow) noexcept {
  constexpr std::uint32_t half = capacity / 2;
  if (tail - head != capacity) return false;
  G* batch[half];
  for (std::uint32_t i = 0; i < half; ++i)
    batch[i] =
        ring_[(head + i) % capacity].load(std::memory_order_relaxed);  // valid if the swap succeeds
  if (!head_.compare_exchange_strong(head, head + half, std::memory_order_acquire))
    return false;  // as in get()
  for (G* spilled : batch) overflow.push_back(spilled);
  overflow.push_back(g);
  return true;
}

G* run_queue::get(bool& inherits_slice) noexcept {
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
    if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acquire)) return g;
  }
}

std::uint32_t run_queue::grab(run_queue& thief, std::uint32_t thief_tail, bool take_next) noexcept {
  for (;;) {
    std::uint32_t head = head_.load(std::memory_order_acquire);        // pairs with other takers
    const std::uint32_t tail = tail_.load(std::memory_order_acquire);  // pairs with put()'s release
    const std::uint32_t available = tail - head;
    std::uint32_t count = available - available / 2;
    if (count == 0) {
      if (!take_next) return 0;
      G* next = next_.load(std::memory_order_acquire);
      if (next == nullptr) return 0;
      // Its owner is about to run it, most likely: give it the time to. A sleep shorter than this
      // is a system call that takes longer anyway.
      os::yield_thread();
      for (int i = 0; i < 32; ++i) arch::pause();
      if (!next_.compare_exchange_strong(next, nullptr, std::memory_order_acq_rel)) continue;
      thief.ring_[thief_tail % capacity].store(next, std::memory_order_relaxed);
      return 1;
    }
    // More only when head and tail were not read at one instant; the swap fails then.
    count = std::min(count, capacity / 2);
    for (std::uint32_t i = 0; i < count; ++i) {
      G* g = ring_[(head + i) % capacity].load(
          std::memory_order_relaxed);  // valid if the swap succeeds
      thief.ring_[(thief_tail + i) % capacity].store(g, std::memory_order_relaxed);
    }
    if (head_.compare_exchange_strong(head, head + count, std::memory_order_acq_rel)) return count;
  }
}

G* run_queue::steal_from(run_queue& victim, bool take_next) noexcept {
  const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
  std::uint32_t count = victim.grab(*this, tail, take_next);
  if (count == 0) return nullptr;
  --count;
  G* g = ring_[(tail + count) % capacity].load(std::memory_order_relaxed);
  if (count != 0)
    tail_.store(tail + count,
                std::memory_order_release);  // publishes the stolen ones to other thieves
  return g;
}

bool run_queue::empty() const noexcept {
  const std::uint32_t head = head_.load(std::memory_order_acquire);
  const std::uint32_t tail = tail_.load(std::memory_order_acquire);
  return head == tail && next_.load(std::memory_order_acquire) == nullptr;
}

}  // namespace gander
