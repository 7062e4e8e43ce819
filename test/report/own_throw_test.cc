// SPDX-License-Identifier: Apache-2.0
//
// A program whose own __cxa_throw stands in front of the recorder of throws.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "report/report.h"
#include "support/child.h"

namespace {

using testing::ElementsAre;
using testing::StartsWith;

// In one line of what stands before the stacks, which Go's tools do not read.
TEST(death, by_an_exception_says_that_throws_are_not_recorded) {
  const auto child = gander::testing::run_program("own_throw");
  SCOPED_TRACE("the report:\n" + child.err);
  EXPECT_EQ(child.exit_status, 2);
  const report::report report = report::parse(child.err);
  EXPECT_EQ(report.unknown, std::vector<std::string>());
  EXPECT_THAT(report.opening,
              ElementsAre("panic: std::runtime_error: thrown",
                          StartsWith("runtime: this program's throws are not recorded: ")));
  ASSERT_EQ(report.goroutines.size(), 1u);
  EXPECT_EQ(report.goroutines[0].id, 1);
  EXPECT_FALSE(report.goroutines[0].calls("(anonymous namespace)::throw_here"));
}

}  // namespace
