// SPDX-License-Identifier: Apache-2.0
//
// The footprints (unwind/footprint.h) of the stacks of a word_table, by the same numbers: where
// each was first taken. Who has taken a stack before compares instead of walking.
//
// And which stack followed each: a goroutine's next, if it is not its last one again, is most often
// the one that another goroutine had next, or itself the last time. One guess for all of them.
//
// Lock-free: an entry's begin goes 0 → where the words begin, once. Any thread that may write an
// event.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "trace/word_table.h"

namespace gander::trace {

class footprint_table {
 public:
  // Memory for the table; false when there is none.
  bool open(std::size_t slots, std::size_t words) noexcept;

  // Empty when there is none. acquire: pairs with keep().
  std::span<const std::uintptr_t> of(word_table::id number) const noexcept {
    const std::uint32_t begin =
        number != 0 ? entries_[number - 1].begin.load(std::memory_order_acquire) : 0;
    if (begin == 0) return {};
    return {words_ + begin, static_cast<std::size_t>(words_[begin - 1])};
  }

  // The first one stays.
  void keep(word_table::id number, std::span<const std::uintptr_t> words) noexcept;

  // A guess; 0: none. relaxed: whoever makes use of a number looks at what it stands for anew.
  word_table::id follower(word_table::id number) const noexcept {
    return number != 0 ? entries_[number - 1].follower.load(std::memory_order_relaxed) : 0;
  }
  void followed(word_table::id number, word_table::id by) noexcept {
    if (number != 0) entries_[number - 1].follower.store(by, std::memory_order_relaxed);
  }

  void clear() noexcept;  // when nobody writes events

 private:
  struct entry {
    std::atomic<std::uint32_t> begin;  // + 1, behind the length; 0: none
    std::atomic<word_table::id> follower;
  };
  entry* entries_ = nullptr;
  std::size_t slot_count_ = 0;
  std::uintptr_t* words_ = nullptr;
  std::size_t word_count_ = 0;
  std::atomic<std::uint32_t> used_{0};
};

}  // namespace gander::trace
