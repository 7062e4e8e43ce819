// SPDX-License-Identifier: Apache-2.0
//
// What objects remember of who did what to them, and where in the program: a word or two each,
// which nobody but reports reads.
//
// A place is the address behind a call in the user's code: the functions that ask for it are
// inlined into that code, always, and a report shows the innermost function there that is neither
// the library's nor the standard library's. (std::source_location was rejected: under
// std::lock_guard it names the standard library.)
//
// Every access is relaxed: single words, of which a report tolerates a stale mix.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#pragma GCC visibility push(default)

namespace gander::internal {

// Where note_holder.h of a processor with 64 bits may look: M::curg and G::who; checked in
// place.cc.
inline constexpr std::size_t curg_offset = 16;
inline constexpr std::size_t who_offset = 88;

// Reports look at private members.
struct inside;

// The caller's own place. Not inlined, and the compiler knows nothing about it, so that two calls
// are not made one.
std::uintptr_t here() noexcept;

// Keeps the call before it from being the last one of the function it is inlined into: that one's
// frame, and so the place, would be missing.
[[gnu::always_inline]] inline void stay() noexcept { asm volatile(""); }

// Who did it, and where.
struct deed {
  std::atomic<std::uint64_t> who{0};  // as who_am_i()
  std::atomic<std::uintptr_t> place{0};

  void set(std::uint64_t w, std::uintptr_t p) noexcept {
    who.store(w, std::memory_order_relaxed);
    place.store(p, std::memory_order_relaxed);
  }
};

// The calling goroutine: its record in the upper half, its number's lower half in the lower, so
// that a report finds it at once and knows whether it is the same one still. 0 on a thread that has
// never called the library.
std::uint64_t who_am_i() noexcept;

// Who holds a lock, and where it was locked.
struct holder : deed {
  // Where the function around `place` was called from, and the one around that: for what the
  // compiler did not inline of std::lock_guard and its like. 0: unknown.
  std::atomic<std::uintptr_t> outer{0};
  std::atomic<std::uintptr_t> outermost{0};

  // For who has just locked: the caller's place. See note_holder.h.
  void note() noexcept;
  void note_unoptimized() noexcept;
};

// What is known of an object that was used wrongly, for the report of the panic that says so.
struct past {
  const char* what = nullptr;  // "channel"; nullptr: nothing is known
  const void* object = nullptr;
  std::uintptr_t made = 0;         // a place; 0: unknown
  const char* happened = nullptr;  // "closed"
  std::uint64_t who = 0;
  std::uintptr_t place = 0;
};

}  // namespace gander::internal

#pragma GCC visibility pop
