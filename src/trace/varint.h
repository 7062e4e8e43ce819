// SPDX-License-Identifier: Apache-2.0
//
// Numbers as traces hold them: unsigned LEB128.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gander::trace {

inline constexpr std::size_t max_varint_bytes = 10;

// Writes at most max_varint_bytes; returns the byte behind them.
[[gnu::always_inline]] inline std::uint8_t* put_varint(std::uint8_t* to,
                                                       std::uint64_t value) noexcept {
  while (value >= 0x80) {
    *to++ = static_cast<std::uint8_t>(value) | 0x80;
    value >>= 7;
  }
  *to++ = static_cast<std::uint8_t>(value);
  return to;
}

constexpr std::size_t varint_bytes(std::uint64_t value) noexcept {
  std::size_t bytes = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++bytes;
  }
  return bytes;
}

}  // namespace gander::trace
