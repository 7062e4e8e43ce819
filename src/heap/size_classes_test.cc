// SPDX-License-Identifier: Apache-2.0
#include "heap/size_classes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace gander::heap {
namespace {

TEST(heap_classes, hold_each_size_with_little_too_much) {
  for (std::size_t bytes = 1; bytes <= most_small_bytes; ++bytes) {
    const size_class& c = shape(class_for(bytes));
    ASSERT_GE(c.object_bytes, bytes);
    ASSERT_LE(c.object_bytes, bytes + std::max(least_object_bytes, bytes / 4)) << bytes;
  }
  for (unsigned i = 2; i < class_count; ++i)
    EXPECT_GT(shape(i).object_bytes, shape(i - 1).object_bytes);
  EXPECT_EQ(shape(class_count - 1).object_bytes, most_small_bytes);
}

TEST(heap_classes, divide_every_offset_of_a_span) {
  for (unsigned i = 1; i < class_count; ++i) {
    const size_class& c = shape(i);
    ASSERT_LE(c.objects, most_objects);
    ASSERT_EQ(c.object_bytes % least_object_bytes, 0U);
    for (std::uint64_t offset = 0; offset < c.pages * page_bytes; ++offset)
      ASSERT_EQ(offset * c.reciprocal >> 32, offset / c.object_bytes) << i << ": " << offset;
  }
}

}  // namespace
}  // namespace gander::heap
