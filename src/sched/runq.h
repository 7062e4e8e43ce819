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

}  // namespace gander
