// SPDX-License-Identifier: Apache-2.0
//
// The runtime called from odd places, and in processes that lack what others take for granted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/build.h"
#include "support/child.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

void expect_quiet_success(const child_result& child) {
  EXPECT_FALSE(child.timed_out);
  EXPECT_EQ(child.exit_status, 0) << "signal " << child.signal << '\n' << child.err;
  EXPECT_EQ(child.err, "");
}

class odd_places : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(, odd_places,
                         ::testing::Values("in_destructors_of_keys",
                                           "in_destructors_of_thread_locals", "under_signals",
                                           "a_vforked_child_crashes", "many_spawned_programs"),
                         [](const auto& value) { return std::string(value.param); });

TEST_P(odd_places, work) {
  expect_quiet_success(run_program("odd_places", {GetParam()}, {.sanitizer = faults_are_ours}));
}

TEST(process_end, exit_handlers_and_static_destructors_may_use_the_runtime) {
  const child_result child = run_program("odd_places", {"in_exit_handlers"});
  expect_quiet_success(child);
  EXPECT_EQ(child.out, "destroyed\nat exit\n");
}

TEST(process_end, exit_may_be_called_on_a_goroutine) {
  for (int i = 0; i < 5; ++i) {
    const child_result child = run_program("odd_places", {"exit_on_a_goroutine"});
    expect_quiet_success(child);
    EXPECT_EQ(child.out, "at exit\n");
  }
  expect_quiet_success(run_program("odd_places", {"exit_on_the_main_goroutine"}));
}

TEST(process_start, constructors_may_use_the_runtime) {
  const child_result child = run_program("before_main");
  expect_quiet_success(child);
  EXPECT_EQ(child.out, "main\n");
}

// --- what there is not enough of ---------------------------------------------------------------

// The shadow memory of sanitizers does not fit into any of these.
#if !UNDER_TSAN && !UNDER_ASAN
class little_address_space : public ::testing::TestWithParam<int> {
 protected:
  child_result run_within(const char* name) {
    return run_program(
        "odd_places", {name},
        {.wrapper = {"prlimit", "--as=" + std::to_string(long{GetParam()} * 1024 * 1024)}});
  }
};
INSTANTIATE_TEST_SUITE_P(, little_address_space, ::testing::Values(2048, 512, 256, 128, 64),
                         [](const auto& value) { return std::to_string(value.param) + "_MiB"; });

TEST_P(little_address_space, is_enough_or_run_throws_bad_alloc) {
  const child_result child = run_within("small_address_space");
  expect_quiet_success(child);
  EXPECT_GE(child.figure("works"), GetParam() >= 256 ? 1 : 0);
}

TEST_P(little_address_space, limits_goroutines_and_go_throws_bad_alloc) {
  if (GetParam() < 512) return;
  const child_result child = run_within("one_goroutine_too_many_for_the_address_space");
  expect_quiet_success(child);
  EXPECT_GT(child.figure("started"), GetParam() * 2) << "half of it could be their stacks";
}
#endif

TEST(few_threads, suffice_for_what_is_there) {
  expect_quiet_success(
      run_program("odd_places", {"no_more_threads"}, {.sanitizer = no_leak_check}));
}

TEST(few_threads, none_at_all_is_fatal_and_said) {
  const child_result child = run_program("odd_places", {"no_threads_at_all"});
  EXPECT_FALSE(child.timed_out);
  EXPECT_EQ(child.exit_status, 2);
  EXPECT_THAT(child.err, HasSubstr("fatal error: no thread can be started for goroutines that are "
                                   "ready; may need to increase max user processes (ulimit -u)\n"));
}

TEST(few_threads, not_even_one_for_the_runtime_itself_is_fatal_and_said) {
  const child_result child =
      run_program("odd_places", {"small_address_space"},
                  {.environment = {{"LD_PRELOAD", GANDER_TESTPROG_DIR "/libforbid.so"},
                                   {"FORBID", "clone=EAGAIN clone3=EAGAIN"}}});
  EXPECT_FALSE(child.timed_out);
  EXPECT_EQ(child.exit_status, 2) << child.signal;
  EXPECT_THAT(child.err, HasSubstr("fatal error: cannot start the runtime's first thread; may need "
                                   "to increase max user processes (ulimit -u)\n"));
}

// --- closed descriptors ------------------------------------------------------------------------

child_options without_standard_descriptors(std::chrono::milliseconds limit) {
  return {.limit = limit, .wrapper = {"/bin/sh", "-c", "exec \"$0\" \"$@\" <&- >&- 2>&-"}};
}

TEST(closed_descriptors, work_goes_on) {
  const child_result child = run_program(GANDER_STRESS_PROGRAM, {"--seed", "3", "--seconds", "1"},
                                         without_standard_descriptors(60s));
  EXPECT_EQ(child.exit_status, 0) << "signal " << child.signal;
}

TEST(closed_descriptors, deaths_end_the_program_as_always) {
  for (const char* name : {"all_asleep", "exception_leaves_goroutine", "goexit_swallowed"}) {
    const child_result child = run_program("endings", {name}, without_standard_descriptors(20s));
    EXPECT_EQ(child.exit_status, 2) << name << ", signal " << child.signal;
  }
}

}  // namespace
}  // namespace gander::testing
