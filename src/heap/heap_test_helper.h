// SPDX-License-Identifier: Apache-2.0
//
// For tests of the heap without a collector, which mark by hand.
#pragma once

#include <cstdint>

#include "heap/central.h"

namespace gander::heap {

// As after a marking; how many bytes went.
inline std::uint64_t sweep_all() {
  const std::uint64_t before = central::count_freed().bytes;
  static std::uint32_t collection = 0;
  central::unsweep_all(++collection);
  while (central::sweep_one()) {
  }
  return central::count_freed().bytes - before;
}

inline std::uintptr_t address(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

}  // namespace gander::heap
