// SPDX-License-Identifier: Apache-2.0
//
// Marks what can be reached: from words and ranges that may hold pointers (stacks, registers: any
// word is taken for one that could be), through the objects that are found, of which it looks at
// the words that their types tell.
//
// It may run while others change the graph, if they tell of what they overwrite (barrier.h). It
// reads what they write, and in memory that belongs to them in any way: no sanitizer may look on
// (cmake/library.cmake).
//
//     work_pool pool;
//     marker m(pool);
//     m.look_through(stack_low, stack_high);
//     m.drain();
//
// Several markers may work from one pool at the same time; what one has not looked into when it
// goes is the pool's.
//
// Objects without pointers are marked and not looked into. Large ones are looked into in pieces, so
// that a single one never holds up a step.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "gc/work_pool.h"
#include "heap/arena.h"

namespace gander::gc {

class marker {
 public:
  static constexpr std::size_t piece_bytes = std::size_t{128} << 10;

  // `the_one`: none of them may be at work at the same time as another, on whatever pool; it is
  // faster than anybody.
  enum class who { anybody, the_one };
  explicit marker(work_pool& pool, who is = who::anybody) noexcept
      : is_the_one_(is == who::the_one), pool_(pool) {}
  ~marker() { hand_over(); }
  marker(const marker&) = delete;
  marker& operator=(const marker&) = delete;

  // Marks the object that the word points to or into, if there is one; soon, by drain() at the
  // latest.
  void look_at(std::uintptr_t word) noexcept {
    if (heap::arenas::may_hold(word)) await(word, 0);
  }

  // What the object refers to, whether it is marked itself or not.
  void look_behind(const heap::object& o) noexcept;

  // Each aligned word of [begin, end), whatever it is.
  void look_through(std::uintptr_t begin, std::uintptr_t end) noexcept;

  // From now on `told` hears of each range before it is looked through, and of each object that is
  // reached, also of those without pointers.
  using range_told = void (*)(void* to, std::uintptr_t begin, std::uintptr_t end);
  void tell_of_ranges(range_told told, void* to) noexcept {
    told_ = told;
    told_to_ = to;
  }

  // Until all that can be reached is marked, or others have what is left to do.
  void drain() noexcept;

  // The same, but about so many bytes; true: there is nothing left in the pool.
  bool drain(std::size_t bytes) noexcept;

  // What it has to do, and what it has counted, is the pool's.
  void hand_over() noexcept;

  // All that it has marked.
  std::size_t marked_bytes() const noexcept { return told_bytes_ + marked_bytes_; }

 private:
  // A word, the field it was read from (0: it may be anything), and the span of its page.
  struct reference {
    std::uintptr_t word = 0;
    std::uintptr_t field = 0;
    heap::span* of_page = nullptr;
  };
  // Those named ..._here are inlined into the loop of drain(): where memory is near, marking is
  // bound by its instructions, of which each object took a sixth more with calls.
  void await(std::uintptr_t word, std::uintptr_t field) noexcept;
  [[gnu::always_inline]] void await_here(std::uintptr_t word, std::uintptr_t field) noexcept;
  void mark(const reference& r) noexcept;
  [[gnu::always_inline]] void mark_here(const reference& r) noexcept;
  void push(const work& w) noexcept {
    if (top_ == limit_) [[unlikely]]
      if (!take_empty_chunk()) return;
    *top_++ = w;
  }
  bool take_empty_chunk() noexcept;
  void look_into(const work& w) noexcept;
  [[gnu::always_inline]] void look_into_here(const work& w,
                                             const heap::arenas::bounds& bounds) noexcept;
  bool pop(work& out) noexcept {
    if (top_ == bottom_) [[unlikely]]
      if (!take_full_chunk()) return false;
    out = *--top_;
    return true;
  }
  bool take_full_chunk() noexcept;
  void own(work_chunk* c) noexcept;
  void put_own() noexcept;
  void share() noexcept;
  void mark_waiting() noexcept;
  void tell_counts() noexcept;
  void look_through_marked_objects() noexcept;

  // Words whose objects are on their way from memory: each is looked at when so many others have
  // come after it. (Where memory is far, marking is waiting for it, and little else.)
  static constexpr std::size_t waiting_words = 16;
  std::array<reference, waiting_words> waiting_{};
  std::size_t next_waiting_ = 0;

  // The arena of the last word, which is most often the next one's, too. At first one in the last
  // addresses there are, where none is: those are the kernel's.
  const heap::arena* arena_ = nullptr;
  std::uintptr_t arena_base_ = 0 - heap::arena_bytes;

  const bool is_the_one_;
  range_told told_ = nullptr;
  void* told_to_ = nullptr;
  work_pool& pool_;
  // What it has to do: [bottom_, top_) of [bottom_, limit_), in its own chunk; or all are null.
  work_chunk* own_ = nullptr;
  work* top_ = nullptr;
  work* bottom_ = nullptr;
  work* limit_ = nullptr;
  std::size_t marked_bytes_ = 0;
  std::size_t told_bytes_ = 0;
};

}  // namespace gander::gc
