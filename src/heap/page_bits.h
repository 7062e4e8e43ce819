// SPDX-License-Identifier: Apache-2.0
//
// Runs of bits in a bitmap of pages.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gander::heap {

// Calls f(word, mask) for each word that [first, first + count) touches.
template <typename Words, typename F>
void for_each_word(Words& words, std::size_t first, std::size_t count, F&& f) {
  while (count != 0) {
    const std::size_t bit = first % 64;
    const std::size_t here = count < 64 - bit ? count : 64 - bit;
    const std::uint64_t mask = (here == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << here) - 1)
                               << bit;
    f(words[first / 64], mask);
    first += here;
    count -= here;
  }
}

template <typename Words>
void set_bits(Words& words, std::size_t first, std::size_t count) {
  for_each_word(words, first, count, [](std::uint64_t& w, std::uint64_t mask) { w |= mask; });
}

template <typename Words>
void clear_bits(Words& words, std::size_t first, std::size_t count) {
  for_each_word(words, first, count, [](std::uint64_t& w, std::uint64_t mask) { w &= ~mask; });
}

template <typename Words>
bool any_bit(const Words& words, std::size_t first, std::size_t count) {
  bool any = false;
  for_each_word(words, first, count,
                [&](const std::uint64_t& w, std::uint64_t mask) { any |= (w & mask) != 0; });
  return any;
}

// Visits each run of zeros from bit `at` on, in order: visit(first, count), until it returns false.
template <typename Visit>
void for_each_clear_run(std::span<const std::uint64_t> words, std::size_t at, Visit&& visit) {
  const std::size_t size = words.size() * 64;
  while (at < size) {
    // The first zero from `at` on, and the first one behind it.
    const auto next = [&](std::size_t from, std::uint64_t flip) {
      while (from < size) {
        const std::uint64_t rest = (words[from / 64] ^ flip) >> from % 64;
        if (rest != 0) return from + static_cast<std::size_t>(std::countr_zero(rest));
        from = (from / 64 + 1) * 64;
      }
      return size;
    };
    const std::size_t first = next(at, ~std::uint64_t{0});
    if (first >= size) return;
    at = next(first, 0);
    if (!visit(first, at - first)) return;
  }
}

}  // namespace gander::heap
