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
// Beside it lies a table of what the M has told lately: a program that overwrites the same few
// pointers again and again tells each of them once in a while. It is of the same cycle as the
// buffer: who comes into the next one with the table of the last would not tell what he told then.
// Nobody but the owner looks at it.
//
// Full buffers are handed over under a lock, which the collector holds in a stop. Where many wait
// for it already, an owner first drops what has been marked meanwhile, and may have to wait:
// mutators that tell faster than the collector looks would fill memory with it, and marking would
// never end.
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

// Until the next cycle: who has a full buffer drops what is marked from it, though few wait, and
// lets the collector get on before he hands it over. By the collector's thread.
void hold_back_owners() noexcept;

// Those that were handed over in this cycle, linked by next: the caller's until he gives them back,
// all of them. REQUIRES: held.
shade_buffer* take_full(told what = told::to_be_marked) noexcept;
bool any_to_be_marked() noexcept;  // a hint, without the lock
const shade_buffer* first_full(told what) noexcept;
void give_back(shade_buffer* first) noexcept;

namespace detail {
// Written in a stop.
extern relaxed<std::uint32_t> cycle;
extern relaxed<bool> keeps_overwritten;
extern relaxed<bool> checks_written;

// For a word more, or for the first one of a cycle; `lately` is of the same cycle then.
void make_room(shade_buffer*& own, shade_buffer*& lately) noexcept;
void make_room_for_checker(shade_buffer*& own) noexcept;

inline std::size_t place_of(std::uintptr_t word) noexcept {
  const std::uint32_t hash = static_cast<std::uint32_t>(word >> 4) * 0x9e3779b1U;
  return static_cast<std::size_t>(std::uint64_t{hash} * shade_buffer::capacity >> 32);
}

inline void append(shade_buffer& b, std::uintptr_t word) noexcept {
  const std::uint32_t count = b.count;
  b.words[count] = word;
  b.count = count + 1;
}
}  // namespace detail

inline bool keeps_overwritten() noexcept { return detail::keeps_overwritten; }
inline bool checks_written() noexcept { return detail::checks_written; }
inline bool is_current(const shade_buffer& b) noexcept { return b.cycle == detail::cycle; }

// visit(word) for what a buffer holds of this cycle; nullptr: nothing.
template <typename Visit>
void for_each(const shade_buffer* b, Visit&& visit) noexcept {
  if (b == nullptr || !is_current(*b)) return;
  for (std::uint32_t i = 0; i < b->count; ++i) visit(std::uintptr_t{b->words[i]});
}

// Enters a word that is to be marked into the calling thread's buffer, if `lately`, a buffer that
// serves as a table, does not have it. Whoever is suspended between the looks for longer than the
// cycle lasts tells the next one nothing; nor need he, for he had the word in a register when that
// began.
inline void tell(shade_buffer*& own, shade_buffer*& lately, std::uintptr_t word) noexcept {
  if (own == nullptr || !is_current(*own)) [[unlikely]]
    detail::make_room(own, lately);
  auto& last = lately->words[detail::place_of(word)];
  if (last == word) return;
  if (own->count == shade_buffer::capacity) [[unlikely]]
    detail::make_room(own, lately);
  detail::append(*own, word);
  last = word;
}

inline void tell_checker(shade_buffer*& own, std::uintptr_t word) noexcept {
  if (own == nullptr || !is_current(*own) || own->count == shade_buffer::capacity)
    detail::make_room_for_checker(own);
  detail::append(*own, word);
}

// How much memory all buffers take. It is not given back.
std::size_t bytes() noexcept;

}  // namespace shade
}  // namespace gander::gc
