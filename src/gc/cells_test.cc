// SPDX-License-Identifier: Apache-2.0
#include "gc/cells.h"

#include <gander/internal/user_cells.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace gander::gc {
namespace {

// The C++ heap gives out what somebody else has just given back.
TEST(user_cells, hold_nothing_of_what_was_there_before) {
  for (const std::size_t size : {8U, 80U, 500U, 5'000U, 200'000U})
    for (const std::size_t align : {8U, 64U}) {
      for (int i = 0; i < 3; ++i) {
        void* const before = internal::alloc_user_cells(size, align);
        std::memset(before, 0x5a, size);
        internal::free_user_cells(before, size, align);
      }
      auto* const cells = static_cast<std::byte*>(internal::alloc_user_cells(size, align));
      EXPECT_TRUE(std::all_of(cells, cells + size, [](std::byte b) { return b == std::byte{0}; }))
          << size;
      internal::free_user_cells(cells, size, align);
    }
}

}  // namespace
}  // namespace gander::gc
