// SPDX-License-Identifier: Apache-2.0
#include "sched/runq.h"

#include <algorithm>

#include "arch/arch.h"
#include "os/os.h"

namespace gander {

// Half of a full ring, and g after it.
bool run_queue::spill(G* g, std::uint32_t head, std::uint32_t tail, overflow& out) noexcept {
  constexpr std::uint32_t half = capacity / 2;
  if (tail - head != capacity) return false;
  for (std::uint32_t i = 0; i < half; ++i)
    out.gs_[i] =
        ring_[(head + i) % capacity].load(std::memory_order_relaxed);  // valid if the swap succeeds
  if (!head_.compare_exchange_strong(head, head + half, std::memory_order_acquire))
    return false;  // as in get()
  out.gs_[half] = g;
  out.count_ = half + 1;
  return true;
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

}  // namespace gander
