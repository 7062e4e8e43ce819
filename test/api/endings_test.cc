// SPDX-License-Identifier: Apache-2.0
//
// How programs end: fatal errors, deadlocks and what must not be taken for one, forks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/build.h"
#include "support/child.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

child_result ending(const std::string& name, const child_options& options = {}) {
  return run_program("endings", {name}, options);
}

void expect_fatal(const std::string& name, const std::string& text) {
  SCOPED_TRACE(name);
  const child_result child = ending(name);
  EXPECT_FALSE(child.timed_out);
  EXPECT_EQ(child.exit_status, 2) << "signal " << child.signal;
  EXPECT_THAT(child.err, HasSubstr("fatal error: " + text + "\n"));
}

TEST(endings, a_swallowed_goexit_is_fatal) {
  expect_fatal("goexit_swallowed", "goexit was swallowed by a catch (...)");
}

TEST(endings, goexit_from_main_is_a_deadlock_once_the_others_have_ended) {
  expect_fatal("goexit_from_main", "no goroutines (main called runtime.Goexit) - deadlock!");
}

TEST(endings, goexit_from_main_leaves_the_others) {
  const child_result child = ending("goexit_from_main_others_go_on");
  EXPECT_EQ(child.exit_status, 7) << child.err;
  EXPECT_EQ(child.out, "the other one\n");
}

// As with pthread_exit: unwinding may not pass a noexcept function.
TEST(endings, goexit_through_noexcept_terminates) {
  const child_result child = ending("goexit_through_noexcept");
  EXPECT_EQ(child.exit_status, 2) << "signal " << child.signal;
  EXPECT_THAT(child.err, HasSubstr("goexit"));
}

TEST(endings, an_exception_that_leaves_a_goroutine_ends_the_program) {
  child_result child = ending("exception_leaves_main");
  EXPECT_EQ(child.exit_status, 2) << child.signal;
  EXPECT_THAT(child.err, HasSubstr("panic: "));
  EXPECT_THAT(child.err, HasSubstr("left main"));
  EXPECT_THAT(child.err, HasSubstr("goroutine 1 "));
  child = ending("exception_leaves_goroutine");
  EXPECT_EQ(child.exit_status, 2) << child.signal;
  EXPECT_THAT(child.err, HasSubstr("left a goroutine"));
}

// (tsan's own destructor of a thread comes first, and ends the program by a check of its own.)
TEST(endings, pthread_exit_is_fatal) {
  if constexpr (under_tsan) {
    EXPECT_NE(ending("pthread_exit_in_goroutine").exit_status, 0);
  } else {
    expect_fatal("pthread_exit_in_goroutine", "pthread_exit called on a goroutine");
  }
}

TEST(endings, gomaxprocs_from_the_environment) {
  const auto procs = [](const char* value) {
    return ending("print_procs", {.environment = {{"GOMAXPROCS", value}}});
  };
  EXPECT_EQ(procs("3").figure("procs"), 3);
  EXPECT_EQ(procs("3").err, "");
  const long usual = procs("").figure("procs");
  EXPECT_GE(usual, 1);
  for (const std::string senseless :
       {"abc", "0", "-1", "4x", " ", "1.5", "0x4", "1025", "99999", "99999999999999999999999"}) {
    const child_result child = procs(senseless.c_str());
    EXPECT_EQ(child.exit_status, 0);
    EXPECT_EQ(child.figure("procs"), usual) << senseless;
    EXPECT_THAT(child.err, HasSubstr("GOMAXPROCS=" + senseless));
    EXPECT_THAT(child.err, HasSubstr("ignored\n"));
  }
  EXPECT_EQ(procs("1024").figure("procs"), 1024);
}

TEST(endings, quick_exit_flushes_and_does_not_wait) {
  for (const char* name : {"quick_exit", "quick_exit_beside_a_reader"}) {
    SCOPED_TRACE(name);
    const child_result child = ending(name);
    EXPECT_FALSE(child.timed_out);
    EXPECT_EQ(child.exit_status, 5) << child.err;
    EXPECT_EQ(child.out, "flushed");
  }
}

TEST(endings, all_asleep_is_a_deadlock) {
  constexpr auto text = "all goroutines are asleep - deadlock!";
  expect_fatal("all_asleep", text);
  expect_fatal("all_asleep_after_work", text);
  expect_fatal("all_asleep_in_second_run", text);
  expect_fatal("asleep_on_locked_thread", text);
}

// That thread can only be woken by one of those who are asleep.
TEST(endings, a_thread_that_waits_in_our_channel_is_no_hope) {
  expect_fatal("asleep_beside_foreign_waiter", "all goroutines are asleep - deadlock!");
}

class no_deadlock : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(, no_deadlock,
                         ::testing::Values("asleep_beside_blocked_thread",
                                           "asleep_beside_blocked_goroutine",
                                           "asleep_beside_sleeper",
                                           "asleep_beside_computing_goroutine"),
                         [](const auto& value) { return std::string(value.param); });

TEST_P(no_deadlock, where_somebody_may_still_wake_one) {
  const child_result child = ending(GetParam(), {.limit = 2s});
  EXPECT_TRUE(child.timed_out) << "exit status " << child.exit_status;
  EXPECT_EQ(child.err, "");
}

TEST(endings, a_forked_child_may_not_go_on) {
  for (const char* name : {"fork_and_yield", "fork_and_go", "fork_and_send",
                           "fork_and_return_from_main", "fork_on_thread_and_send"}) {
    SCOPED_TRACE(name);
    const child_result child = ending(name);
    EXPECT_EQ(child.exit_status, 0) << child.err;
    EXPECT_THAT(child.err, HasSubstr("fatal error: gander used after fork\n"));
  }
}

TEST(endings, a_forked_child_may_exec) {
  const child_result child = ending("fork_and_exec");
  EXPECT_EQ(child.exit_status, 0) << child.err;
  EXPECT_EQ(child.err, "");
}

}  // namespace
}  // namespace gander::testing
