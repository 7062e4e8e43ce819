// SPDX-License-Identifier: Apache-2.0
//
// What goroutines cost when there are many of them, and when nothing happens. In processes of their
// own, so that nothing else is measured.
#include <gtest/gtest.h>

#include <string>

#include "support/build.h"
#include "support/child.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;

TEST(scale, a_million_parked_goroutines_fit_and_answer) {
  constexpr int count = scaled(1'000'000, 100'000, 20'000);
  const child_result child = run_program("crowd", {std::to_string(count), "0"}, {.limit = 100s});
  ASSERT_EQ(child.exit_status, 0) << child.err;
  EXPECT_EQ(child.figure("answers"), count);
  EXPECT_LT(child.figure("mappings"), 65530);
  if (!under_sanitizer) {
    EXPECT_LT(child.figure("parked_kb"), count * 6L) << "more than 6 GB for a million";
  }
}

TEST(scale, deep_stacks_are_given_back) {
  const child_result child = run_program("crowd", {"0", "500"});
  ASSERT_EQ(child.exit_status, 0) << child.err;
  if (!under_sanitizer) {
    EXPECT_GT(child.figure("deep_kb"), 500 * 512);
    EXPECT_LT(child.figure("after_deep_kb"), child.figure("deep_kb") / 4);
  }
}

TEST(scale, an_idle_program_uses_no_processor) {
  for (const char* tick_ms : {"0", "1000"}) {
    const child_result child = run_program("idle", {"3", tick_ms});
    ASSERT_EQ(child.exit_status, 0) << child.err;
    EXPECT_GE(child.figure("cpu_us"), 0);
    EXPECT_LT(child.figure("cpu_us"), scaled(3'000, 10'000, 50'000))
        << "0.1 % of 3 s, tick " << tick_ms;
  }
}

}  // namespace
}  // namespace gander::testing
