// SPDX-License-Identifier: Apache-2.0
//
// The footprint of a walk: the pc that it began at, and the words of the stack that it hung on, by
// their distance from the sp there. Where another walk begins at the same pc, and finds the same
// words, it takes the same steps; so who has taken a stack before (a goroutine in a loop) need not
// walk, but only compare: some two words a frame instead of a chain of lookups.
//
//   return addresses        are compared as they are
//   frame pointers          that a frame stood on, by their distance from the begin of the walk;
//   where
//                           no frame stands on one it may be any number
//
// A footprint holds for as long as the code that it leads through stays loaded: who unloads code
// forgets footprints as he forgets rows. Walks that needed the unwinder, or that the bounds ended,
// have none. Same promises as quick_walk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "unwind/quick_walk.h"

namespace gander::unwind {

class footprint {
 public:
  using word = std::uintptr_t;

  explicit footprint(const start& from) noexcept : from_(from) {
    words_[begin_pc] = from.pc;
    words_[reach] = 0;
    words_[first_fp] = any_fp;
  }

  // As words, to be kept; empty when the walk has none. Once, when the walk is over.
  std::span<const word> words() noexcept {
    if (!whole_) return {};
    words_[returns_end] = size_;
    for (std::size_t i = 0; i < fp_size_; ++i) words_[size_ + i] = fps_[i];
    return {words_.data(), size_ + fp_size_};
  }

  // Whether a walk from `from` would go as the one did whose words these are. REQUIRES: [low, high)
  // can be read.
  static bool fits(std::span<const word> words, const start& from, word low, word high) noexcept;

  // So many bytes of the stack, from the begin on, are looked at.
  static word reach_of(std::span<const word> words) noexcept { return words[reach]; }

  // --- the walk's
  void returns(word address, word pc) noexcept {
    const word offset = address - from_.sp;
    if (size_ + 2 > first_pair + 2 * most_frames) return lose();
    words_[reach] = offset + sizeof(word);  // they go upwards
    words_[size_++] = offset;
    words_[size_++] = pc;
  }
  void restores_fp(word address) noexcept { fp_at_ = address - from_.sp, fp_is_told_ = false; }
  void stands_on_fp(word fp) noexcept {
    if (fp_is_told_) return;
    fp_is_told_ = true;
    if (fp_at_ == initial) {
      words_[first_fp] = fp - from_.sp;
      return;
    }
    if (fp_size_ + 2 > fps_.size()) return lose();
    fps_[fp_size_++] = fp_at_;
    fps_[fp_size_++] = fp - from_.sp;
  }
  void lose() noexcept { whole_ = false; }

 private:
  static constexpr std::size_t most_frames = 128;
  static constexpr word initial = ~word{0};  // fp is from.fp still
  static constexpr word any_fp = ~word{0};   // no frame stands on from.fp

  // Where in the words what stands: pairs of offset and value, return addresses first.
  static constexpr std::size_t begin_pc = 0;
  static constexpr std::size_t reach = 1;
  static constexpr std::size_t first_fp = 2;
  static constexpr std::size_t returns_end = 3;
  static constexpr std::size_t first_pair = 4;

  start from_;
  std::array<word, first_pair + 4 * most_frames> words_;
  std::array<word, 2 * most_frames> fps_;
  std::size_t size_ = first_pair;
  std::size_t fp_size_ = 0;
  word fp_at_ = initial;
  bool fp_is_told_ = false;
  bool whole_ = true;
};

// quick_walk() that leaves a footprint.
std::size_t quick_walk(const start& from, std::uintptr_t low, std::uintptr_t high,
                       std::uintptr_t* out, std::size_t max, footprint& print) noexcept;

}  // namespace gander::unwind
