// SPDX-License-Identifier: Apache-2.0
//
// Any C++ code may run in a goroutine, and none stalls the others.
#include <gtest/gtest.h>

#include "support/build.h"
#include "support/child.h"

namespace gander::testing {
namespace {

TEST(promise, one_place_and_five_that_keep_theirs_do_not_stop_the_sixth) {
  constexpr int ticks = scaled(1000, 1000, 300);
  const child_result child = run_program("promise", {std::to_string(ticks)});
  ASSERT_EQ(child.exit_status, 0) << child.err;
  EXPECT_EQ(child.figure("reached"), 5) << "not all of them were where they should be";
  EXPECT_GT(child.figure("turns"), 0) << "the busy loop stood still";
  EXPECT_GE(child.figure("took_ms"), ticks);
  EXPECT_LT(child.figure("took_ms"), 10 * ticks) << "a tick took 10 ms on average";
}

}  // namespace
}  // namespace gander::testing
