// SPDX-License-Identifier: Apache-2.0
//
// Dead Gs of the default stack size, for use again: g_cache, a P's own, most recently used first;
// and g_batch, in which they pass from one P to another.
//
// Arrays, not lists through the Gs: those that another processor has freed are in its caches, so
// that to follow a link from one to the next is to wait for each. With arrays a batch passes
// without a look at what is in it, and what a G's next use writes first is on its way while the
// ones before it are put to use.
//
// Their words are copied one by one: memmove would leave them in vector registers, where the search
// for leaked goroutines takes a G's address for somebody who is about to wake it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#include "arch/arch.h"
#include "base/relaxed.h"
#include "sched/g.h"
#include "sched/sanitizer.h"

namespace gander {

// Lies on the stack of the first G in it, right below that, where nobody needs the room: so there
// is room for any number of batches. Belongs to whoever owns the Gs, and leaves no word behind, for
// the same reason.
class g_batch {
 public:
  static constexpr std::uint32_t capacity = 32;

  static g_batch* of(G* first) noexcept {
    constexpr std::uintptr_t align = alignof(g_batch);
    void* const place =
        reinterpret_cast<void*>((first->stack_high - sizeof(g_batch)) & ~(align - 1));
    sanitizer::reuses(place, sizeof(g_batch));
    g_batch* const b = new (place) g_batch;
    b->add(first);
    return b;
  }

  bool full() const noexcept { return count_ == capacity; }
  std::uint32_t size() const noexcept { return count_; }
  void add(G* g) noexcept { gs_[count_++] = g; }  // REQUIRES: !full()

  // The last that was added. The first is the last to go, and the batch with it.
  G* take() noexcept {
    G* const g = gs_[--count_];
    gs_[count_] = nullptr;
    return g;
  }

  g_batch* next = nullptr;  // in a list; so again before its last G goes

 private:
  friend class g_cache;
  std::uint32_t count_ = 0;
  std::array<relaxed<G*>, capacity> gs_;  // the owner's; relaxed, to be copied by the word
};

class g_cache {
 public:
  static constexpr std::uint32_t capacity = 2 * g_batch::capacity;

  bool empty() const noexcept { return count_ == 0; }
  bool full() const noexcept { return count_ == capacity; }
  void put(G* g) noexcept { gs_[count_++] = g; }  // REQUIRES: !full()

  // The last that was put. REQUIRES: !empty()
  G* take() noexcept {
    G* const g = gs_[--count_];
    if (count_ >= 1) arch::prefetch_for_write(gs_[count_ - 1]->record);
    if (count_ >= 2) prefetch(gs_[count_ - 2]);
    return g;
  }

  // Those that were put first, as many as a batch holds. REQUIRES: !empty()
  g_batch* spill() noexcept {
    g_batch* const b = g_batch::of(gs_[0]);
    const std::uint32_t count = std::min(count_, g_batch::capacity);
    for (std::uint32_t i = 1; i < count; ++i) b->add(gs_[i]);
    for (std::uint32_t i = count; i < count_; ++i) {
      G* const g = gs_[i];
      gs_[i - count] = g;
    }
    count_ -= count;
    return b;
  }

  // Takes all of b, which is no more. REQUIRES: empty()
  void fill(g_batch& b) noexcept {
    for (std::uint32_t i = 0; i < b.count_; ++i) {
      G* const g = b.gs_[i];
      gs_[i] = g;
      b.gs_[i] = nullptr;
    }
    count_ = b.count_;
    b.count_ = 0;
    b.next = nullptr;
  }

 private:
  // What a new goroutine writes of its G, and of its stack.
  static void prefetch(const G* g) noexcept {
    constexpr std::ptrdiff_t line = 64;
    const char* const at = reinterpret_cast<const char*>(g);
    for (std::ptrdiff_t i = -2; i < 3; ++i) arch::prefetch_for_write(at + i * line);
  }

  std::uint32_t count_ = 0;
  std::array<relaxed<G*>, capacity> gs_;
};

}  // namespace gander
