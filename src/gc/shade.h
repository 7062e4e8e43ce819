// SPDX-License-Identifier: Apache-2.0
//
// The slow half of the barrier: pointers that were overwritten (the barrier of 2015: those written
// in their place), in a buffer per M, until the collector looks at them: at full ones beside the
// program, at the rest in a stop.
//
// A thread may be stopped anywhere in gc_shade(): the collector reads what a buffer counts, and
// never changes it. What is in the middle of being entered is in the thread's registers, which it
// looks at in the same stop. The owner empties its buffer when it first finds a new cycle.
//
// Full buffers are handed over under a lock, which the collector holds in a stop.
//
// For the checker (collector/checkmark.h) there is a second buffer per M: of what was written,
// which the hybrid barrier does not tell, for it is held already.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/relaxed.h"

namespace gander::gc {

struct shade_buffer {
  static constexpr std::size_t capacity = 510;
  shade_buffer* next = nullptr;
  relaxed<std::uint32_t> cycle{0};
  relaxed<std::uint32_t> count{0};  // of its words
  relaxed<std::uintptr_t> words[capacity];
};

namespace shade {

enum class told : std::uint8_t { to_be_marked, to_be_checked };

// Of the marking that is under way, or was last. In a stop.
void begin(std::uint32_t cycle, bool keeps_overwritten, bool checks_written) noexcept;

void hold() noexcept;
void let_go() noexcept;

// Those that were handed over in this cycle, linked by next: the caller's until he gives them back,
// all of them. REQUIRES: held.
shade_buffer* take_full(told what = told::to_be_marked) noexcept;
const shade_buffer* first_full(told what) noexcept;
void give_back(shade_buffer* first) noexcept;

// visit(word) for what a buffer holds of this cycle; nullptr: nothing.
bool is_current(const shade_buffer& b) noexcept;
template <typename Visit>
void for_each(const shade_buffer* b, Visit&& visit) noexcept {
  if (b == nullptr || !is_current(*b)) return;
  for (std::uint32_t i = 0; i < b->count; ++i) visit(std::uintptr_t{b->words[i]});
}

// Enters one word into the calling thread's buffer.
void enter(shade_buffer*& own, const void* value, told what = told::to_be_marked) noexcept;
bool keeps_overwritten() noexcept;
bool checks_written() noexcept;

}  // namespace shade
}  // namespace gander::gc
