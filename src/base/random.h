// SPDX-License-Identifier: Apache-2.0
//
// A xorshift generator (Marsaglia, "Xorshift RNGs", 2003, the 32-bit triple 13, 17, 5): for
// shuffling and spreading, never for secrets.
#pragma once

#include <cstdint>

namespace gander {

// Advances `state`, which must never be 0.
constexpr std::uint32_t next_random(std::uint32_t& state) noexcept {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

// A number below `bound` (Lemire's multiplication instead of a division; bias below bound / 2^32).
constexpr std::uint32_t random_below(std::uint32_t random, std::uint32_t bound) noexcept {
  return static_cast<std::uint32_t>((std::uint64_t{random} * bound) >> 32);
}

}  // namespace gander
