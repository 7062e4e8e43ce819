// SPDX-License-Identifier: Apache-2.0
//
// Where the system refuses what the runtime likes to use, as older kernels and sandboxes do, it
// works all the same: any code may block or compute without stalling the others, and random work
// loses no message.
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "support/build.h"
#include "support/child.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;

struct surroundings {
  const char* name;
  const char* forbidden;  // see test/preload/forbid.cc
  friend std::ostream& operator<<(std::ostream& out, const surroundings& s) {
    return out << s.forbidden;
  }
};

constexpr surroundings all_surroundings[] = {
    // Seen at start: both sides of the border fence.
    {"no_membarrier", "membarrier=ENOSYS"},
    // Queried and registered, then refused (8 is PRIVATE_EXPEDITED): a sandbox put on after start.
    {"no_membarrier_after_start", "membarrier:0:8=EPERM"},
    {"no_light_guards", "madvise:2:102=EINVAL"},  // Linux before 6.13
    {"no_advice", "madvise=EPERM"},
    // Sanitizers ask for a thread's stack, which libc tells without the mask only where there is no
    // such call.
    {"no_affinity_mask", under_sanitizer ? "sched_getaffinity=ENOSYS" : "sched_getaffinity=EPERM"},
    {"no_files", "openat=EACCES"},  // /proc, /sys
    {"nothing_of_all_this",
     "membarrier=EPERM madvise=EINVAL sched_getaffinity=ENOSYS openat=EACCES"},
};

class sandbox : public ::testing::TestWithParam<surroundings> {
 protected:
  static child_options options() {
    return {.environment = {{"LD_PRELOAD", GANDER_TESTPROG_DIR "/libforbid.so"},
                            {"FORBID", GetParam().forbidden}},
            .limit = 100s};
  }
};
INSTANTIATE_TEST_SUITE_P(, sandbox, ::testing::ValuesIn(all_surroundings),
                         [](const auto& value) { return std::string(value.param.name); });

TEST_P(sandbox, blocked_and_computing_goroutines_stall_nobody) {
  constexpr int ticks = scaled(300, 200, 100);
  const child_result child = run_program("promise", {std::to_string(ticks)}, options());
  ASSERT_EQ(child.exit_status, 0) << child.err;
  EXPECT_EQ(child.figure("reached"), 5);
  EXPECT_LT(child.figure("took_ms"), 10 * ticks);
}

TEST_P(sandbox, random_work_loses_nothing) {
  const child_result child =
      run_program(GANDER_STRESS_PROGRAM, {"--seed", "11", "--seconds", "1"}, options());
  EXPECT_EQ(child.exit_status, 0) << child.err;
  EXPECT_NE(child.out.find(" messages delivered"), std::string::npos) << child.out;
}

}  // namespace
}  // namespace gander::testing
