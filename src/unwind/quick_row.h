// SPDX-License-Identifier: Apache-2.0
//
// A row of call-frame information in one word: of compiled code, whose canonical frame address
// (CFA) is sp or fp plus a constant, whose return address lies right below the CFA, and which saves
// its caller's fp at a constant place or leaves it alone. Nearly all code is of this kind; what is
// not has a word that says so.
//
//     upper half   from the CFA down to the caller's fp, where it is saved, in bytes, negative;
//                  minus a word, where the return address is: fp is the caller's
//     lower half   from sp or fp up to the CFA, in bytes, a multiple of a word
//     bit 1        the CFA counts from fp, not from sp
//     bit 0        all that was not true: this is one of the words below
//
// A row moves the walk upwards by at least a word, and reads nothing below where it starts.
#pragma once

#include <cstdint>

#include "unwind/cfi_row.h"

namespace gander::unwind {

struct quick_row {
  using word = std::uintptr_t;
  static constexpr unsigned half_bits = sizeof(word) * 4;
  static constexpr word lower_mask = (word{1} << half_bits) - 1;
  static constexpr word special_bit = 1;
  static constexpr word on_fp_bit = 2;
  static constexpr word flags = special_bit | on_fp_bit;
  static constexpr std::intptr_t fp_is_kept = -static_cast<std::intptr_t>(sizeof(word));

  static const quick_row outermost;      // the frame is the last
  static const quick_row beyond_words;   // no word can say it: the unwinder goes on from there
  static const quick_row frame_pointer;  // `push fp; mov sp, fp`

  word bits = 0;

  bool operator==(const quick_row&) const = default;
  bool has_flags() const noexcept { return (bits & flags) != 0; }
  bool is_special() const noexcept { return (bits & special_bit) != 0; }
  // With the flags.
  word lower() const noexcept { return bits & lower_mask; }
  std::intptr_t saved_fp() const noexcept { return static_cast<std::intptr_t>(bits) >> half_bits; }

  static constexpr quick_row make(bool on_fp, word cfa_offset, std::intptr_t saved_fp) noexcept {
    return {static_cast<word>(saved_fp) << half_bits | cfa_offset | (on_fp ? on_fp_bit : 0)};
  }
};

inline constexpr quick_row quick_row::outermost{special_bit};
inline constexpr quick_row quick_row::beyond_words{special_bit | on_fp_bit};
inline constexpr quick_row quick_row::frame_pointer = make(true, 2 * sizeof(word), 2 * fp_is_kept);

quick_row pack(const cfi_row& row) noexcept;

}  // namespace gander::unwind
