// SPDX-License-Identifier: Apache-2.0
//
// Vector registers keep what the last copy left in them, and the collector takes them for roots.
#pragma once

#include <cstddef>
#include <cstring>

namespace gander::testing {

// Of the calling thread: copies of each size, which leave zeros.
inline void forget_registers() {
  volatile std::size_t most = 2048;
  char from[2048] = {};
  char to[2048];
  for (std::size_t bytes = 16; bytes <= most; bytes += 8) {
    std::memcpy(to, from, bytes);
    asm volatile("" : : "r"(to) : "memory");
  }
}

}  // namespace gander::testing
