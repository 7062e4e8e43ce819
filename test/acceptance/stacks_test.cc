// SPDX-License-Identifier: Apache-2.0
//
// Goroutine stacks where memory is in short supply or of the wrong kind: guards that cannot be had,
// huge pages, locked memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "support/build.h"
#include "support/child.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

[[maybe_unused]] constexpr auto warning = "gander: goroutine stacks go without guards from here on";

[[maybe_unused]] int occurrences(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

[[maybe_unused]] long max_mappings() {
  long limit = 0;
  std::ifstream("/proc/sys/vm/max_map_count") >> limit;
  return limit;
}

[[maybe_unused]] child_options without_light_guards() {
  return {.environment = {{"LD_PRELOAD", GANDER_TESTPROG_DIR "/libforbid.so"},
                          {"FORBID", "madvise:2:102=EINVAL"},
                          {"GOTRACEBACK", "single"}},
          .limit = 100s};
}

// Tsan needs mappings of its own, and takes so many goroutines for too many threads.
#if !UNDER_TSAN
// Half of what a process may map is guards, two mappings for each.
TEST(guards, that_cannot_be_had_are_told_once_and_counted) {
  const long lost = 100;
  const long guarded = max_mappings() / 4;
  const child_result child =
      run_program("guards", {std::to_string(guarded + lost), "plain"}, without_light_guards());
  ASSERT_EQ(child.exit_status, 2) << child.err;
  EXPECT_EQ(child.figure("started"), guarded + lost);
  EXPECT_GT(child.figure("mappings"), max_mappings() / 2 - 100) << "few guards stand";
  EXPECT_LT(child.figure("mappings"), max_mappings() / 2 + 1000) << "little is left for others";
  EXPECT_EQ(occurrences(child.err, warning), 1) << child.err;
  // One more for that of goroutine 1.
  EXPECT_THAT(child.err, HasSubstr("\nruntime: 101 goroutine stacks have no guard\n"));
}

TEST(guards, of_a_program_that_has_used_up_its_mappings) {
  const child_result child = run_program("guards", {"2000", "crowded"}, without_light_guards());
  ASSERT_EQ(child.exit_status, 2) << child.err;
  EXPECT_EQ(child.figure("started"), 2000);
  EXPECT_EQ(occurrences(child.err, warning), 1) << child.err;
  EXPECT_THAT(child.err, HasSubstr(" goroutine stacks have no guard\n"));
}
#endif

TEST(guards, of_a_program_with_all_there_is_are_not_spoken_of) {
  const child_result child =
      run_program("guards", {"2000", "plain"}, {.environment = {{"GOTRACEBACK", "single"}}});
  ASSERT_EQ(child.exit_status, 2) << child.err;
  EXPECT_THAT(child.err, Not(HasSubstr("no guard")));
  EXPECT_THAT(child.err, Not(HasSubstr("without guards")));
}

TEST(locked_memory, costs_what_is_used_and_not_what_is_reserved) {
  const child_result child =
      run_program("guards", {"500", "locked"}, {.environment = {{"GOTRACEBACK", "single"}}});
  if (child.figure("refused") != -1) {
    EXPECT_NE(::geteuid(), 0U) << "only root may lock as much as it likes";
    return;
  }
  ASSERT_EQ(child.exit_status, 2) << child.err;
  EXPECT_EQ(child.figure("started"), 500);
  if (!under_sanitizer) {
    EXPECT_LT(child.figure("resident_kb"), 500L * 1024);
  }
}

// Those of sanitizers stand in the way of this program's mmap, and cost memory of their own.
#if !UNDER_TSAN && !UNDER_ASAN
TEST(huge_pages, are_kept_out_of_stacks) {
  const child_result child = run_program("huge_pages", {"50", "asked"});
  ASSERT_EQ(child.exit_status, 0) << child.err;
  EXPECT_EQ(child.figure("candidates"), 0);
  EXPECT_LE(child.figure("kb_each"), 12);

  // And this is seen when they are not.
  const child_result control = run_program("huge_pages", {"50", "swallowed"});
  ASSERT_EQ(control.exit_status, 0) << control.err;
  EXPECT_EQ(control.figure("candidates"), 50);
  std::string enabled;
  std::getline(std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled"), enabled);
  if (enabled.find("[never]") == enabled.npos && !enabled.empty()) {
    EXPECT_GE(control.figure("kb_each"), 500);
  }
}
#endif

}  // namespace
}  // namespace gander::testing
