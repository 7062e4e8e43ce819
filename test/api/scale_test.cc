// SPDX-License-Identifier: Apache-2.0
//
// What goroutines cost when there are many of them, and when nothing happens. In processes of their
// own, so that nothing else is measured.
#include <gtest/gtest.h>

#include <algorithm>
#include <climits>
#include <string>

#include "support/build.h"
#include "support/child.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;

TEST(scale, many_parked_goroutines_fit_and_answer) {
  constexpr int count = wide_addresses ? scaled(1'000'000, 100'000, 20'000) : 20'000;
  const child_result child = run_program("crowd", {std::to_string(count), "0"}, {.limit = 280s});
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

// What a busy machine adds, when caches are cold and threads are interrupted, is not the program's:
// of three runs the best one counts. Some seconds, for the look for a deadlock becomes rarer by and
// by.
TEST(scale, an_idle_program_uses_no_processor) {
  constexpr int runs = 3;
  constexpr int seconds = 12;
  for (const char* tick_ms : {"0", "1000"}) {
    const long most_us = scaled(1, 3, 15) * seconds * 1000L;  // 0.1 %
    long least_us = LONG_MAX;
    for (int i = 0; i < runs && least_us >= most_us; ++i) {
      const child_result child =
          run_program("idle", {std::to_string(seconds), tick_ms}, {.limit = 30s});
      ASSERT_EQ(child.exit_status, 0) << child.err;
      ASSERT_GE(child.figure("cpu_us"), 0);
      least_us = std::min<long>(least_us, child.figure("cpu_us"));
    }
    EXPECT_LT(least_us, most_us) << "tick " << tick_ms;
  }
}

}  // namespace
}  // namespace gander::testing
