// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/build.h"
#include "support/child.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

// A sanitizer and valgrind are two tools that both want to be the one that sees all. And Debian
// 12's valgrind gives up at Clang's debug information.
#if !UNDER_TSAN && !UNDER_ASAN && !defined(__clang__)
TEST(valgrind, has_nothing_to_say) {
  const child_result child =
      run_program("tour", {"3"},
                  {.limit = 110s,
                   .wrapper = {"valgrind", "--error-exitcode=99", "--leak-check=full",
                               "--errors-for-leak-kinds=definite", "--show-leak-kinds=definite"}});
  EXPECT_EQ(child.exit_status, 0) << child.err;
  EXPECT_EQ(child.out, "tour done\n");
  EXPECT_THAT(child.err, HasSubstr("ERROR SUMMARY: 0 errors")) << "it did not watch";
  EXPECT_THAT(child.err, Not(HasSubstr("client switching stacks?")));
}
#endif

}  // namespace
}  // namespace gander::testing
