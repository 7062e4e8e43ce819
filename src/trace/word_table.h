// SPDX-License-Identifier: Apache-2.0
//
// Sequences of words, each once, by number: the stacks of a trace, and its strings. Numbers hold
// for as long as the table is not cleared; each sequence remembers the last two generations that
// used it: the collector writes out what one has used while the next is under way.
//
// Open addressing by a hash of 64 bits, taken for the sequence. Lock-free: a slot's key goes
// 0 → hash once, by compare-and-swap, and whoever won it stores the words. Nobody waits for those:
// until then the number has none.
//
// Any thread that may write an event. find_or_add() is async-signal-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gander::trace {

class word_table {
 public:
  using id = std::uint32_t;  // from 1; 0: none

  // Memory for the table, a power of two of slots; false when there is none.
  bool open(std::size_t slots, std::size_t words) noexcept;

  // The number of this sequence, noted as used by `generation`. 0 when it is empty or the table
  // full.
  id find_or_add(std::span<const std::uintptr_t> words, std::uint32_t generation) noexcept;

  // A number from before is used in this generation, too.
  void use(id number, std::uint32_t generation) noexcept {
    if (number == 0) return;
    std::atomic<std::uint32_t>& used = slots_[number - 1].used_by[generation % 2];
    // relaxed: read in a stop, see above. Looked at first, to leave the line shared.
    if (used.load(std::memory_order_relaxed) != generation)
      used.store(generation, std::memory_order_relaxed);
  }

  // --- the collector's
  // Calls visit(id, words) for all that `generation` used; without words for those that came when
  // there was no room.
  template <typename Visit>
  void for_each_used(std::uint32_t generation, Visit&& visit) const {
    for (std::size_t i = 0; i < slot_count_; ++i) {
      const slot& s = slots_[i];
      if (s.used_by[generation % 2].load(std::memory_order_relaxed) != generation) continue;
      const auto number = static_cast<id>(i + 1);
      visit(number, words_of(number));
    }
  }
  // Always inlined: the crash reporter is compiled without the thread sanitizer.
  [[gnu::always_inline]] std::span<const std::uintptr_t> words_of(id number) const noexcept {
    if (number == 0 || number > slot_count_) return {};
    // acquire: pairs with find_or_add(), which may be storing them at this moment: then there are
    // none yet.
    const std::uint32_t begin = slots_[number - 1].begin.load(std::memory_order_acquire);
    if (begin == 0 || begin == slot::no_room) return {};
    const std::uintptr_t* const words = words_ + begin - 1;
    return {words + 1, static_cast<std::size_t>(words[0])};
  }
  bool nearly_full() const noexcept;
  std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }
  void clear() noexcept;  // all numbers are void

 private:
  struct slot {
    static constexpr std::uint32_t no_room = UINT32_MAX;
    std::atomic<std::uint64_t> key;
    std::atomic<std::uint32_t> used_by[2];  // the last generation that did, even and odd ones
    std::atomic<std::uint32_t> begin;       // of its words, + 1; 0: not yet; or no_room
  };
  // The first word at `begin` is the length.

  slot* slots_ = nullptr;
  std::size_t slot_count_ = 0;
  std::uintptr_t* words_ = nullptr;
  std::size_t word_count_ = 0;
  std::atomic<std::uint32_t> words_used_{0};
  std::atomic<std::uint32_t> sequences_{0};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace gander::trace
