// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>

#include "arch/regs.h"

namespace gander::arch {
namespace {

// Behind other bytes, which are none of a call's.
bool ends(std::initializer_list<unsigned> bytes) {
  unsigned char code[longest_call_bytes];
  std::fill(std::begin(code), std::end(code), static_cast<unsigned char>(0x90));
  std::transform(bytes.begin(), bytes.end(), std::end(code) - bytes.size(),
                 [](unsigned byte) { return static_cast<unsigned char>(byte); });
  return ends_with_call(code);
}

TEST(calls, of_each_form_are_known) {
  EXPECT_TRUE(ends({0xe8, 1, 2, 3, 4}));                 // call there
  EXPECT_TRUE(ends({0xff, 0xd0}));                       // call *%eax
  EXPECT_TRUE(ends({0xff, 0x13}));                       // call *(%ebx)
  EXPECT_TRUE(ends({0xff, 0x14, 0x24}));                 // call *(%esp)
  EXPECT_TRUE(ends({0xff, 0x55, 8}));                    // call *8(%ebp)
  EXPECT_TRUE(ends({0xff, 0x54, 0x24, 8}));              // call *8(%esp)
  EXPECT_TRUE(ends({0xff, 0x15, 1, 2, 3, 4}));           // call *there
  EXPECT_TRUE(ends({0x65, 0xff, 0x15, 0x10, 0, 0, 0}));  // call *%gs:16
  EXPECT_TRUE(ends({0xff, 0x93, 1, 2, 3, 4}));           // call *n(%ebx)
  EXPECT_TRUE(ends({0xff, 0x94, 0x83, 1, 2, 3, 4}));     // call *n(%ebx,%eax,4)
  EXPECT_TRUE(ends({0xff, 0x14, 0x85, 1, 2, 3, 4}));     // call *n(,%eax,4)
}

TEST(calls, are_not_all_that_looks_like_them) {
  EXPECT_FALSE(ends({}));
  EXPECT_FALSE(ends({0xe9, 1, 2, 3, 4}));  // jmp there
  EXPECT_FALSE(ends({0xe8, 1, 2, 3}));     // of the wrong length
  EXPECT_FALSE(ends({0xff, 0xe0}));        // jmp *%eax
  EXPECT_FALSE(ends({0xff, 0x30}));        // push (%eax)
  EXPECT_FALSE(ends({0xff, 0x15}));        // the first two bytes of one
  EXPECT_FALSE(ends({0xff, 0x14}));        // the same, with more to come
  EXPECT_FALSE(ends({0xff, 0x14, 0x85}));  // the first three
  EXPECT_FALSE(ends({0xff, 0xd0, 0}));     // one before a byte more
}

}  // namespace
}  // namespace gander::arch
