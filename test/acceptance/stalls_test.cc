// SPDX-License-Identifier: Apache-2.0
//
// Goroutines that block or compute do not make others wait.
#include <gtest/gtest.h>

#include <string>

#include "support/build.h"
#include "support/child.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;

// The stalls are so long that an echo which waits for one shows, on any machine.
TEST(stalls, no_echo_waits_for_a_stalled_goroutine) {
  constexpr int stall_ms = 1000;
  const child_result child = run_program("stalls", {"4", std::to_string(stall_ms)}, {.limit = 60s});
  ASSERT_EQ(child.exit_status, 0) << child.err;
  SCOPED_TRACE(child.out);
  EXPECT_GE(child.figure("stalls"), 10);
  EXPECT_GE(child.figure("fewest_echoes"), 10) << "in a second";
  EXPECT_GE(child.figure("p999_us"), 0);
  EXPECT_LT(child.figure("p999_us"), stall_ms * 1000 / 4);
}

}  // namespace
}  // namespace gander::testing
