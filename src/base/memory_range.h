// SPDX-License-Identifier: Apache-2.0
//
// A piece of the address space.
#pragma once

#include <cstdint>

namespace gander {

struct memory_range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  bool holds(std::uintptr_t address) const noexcept { return address - begin < end - begin; }
};

}  // namespace gander
