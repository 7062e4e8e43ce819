// SPDX-License-Identifier: Apache-2.0
//
// GODEBUG=leakcheck=1: at the end of a run, at exit(), and on SIGQUIT.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

#include "report/report.h"
#include "support/build.h"
#include "support/child.h"

namespace {

using gander::testing::child_result;
using gander::testing::run_program;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

child_result leaks(const std::string& how, const std::string& settings = "leakcheck=1") {
  return run_program("leaks", {how}, {.environment = {{"GODEBUG", settings}}});
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

const std::string header = " [chan receive (leaked)]:\n";
// Under tsan a thread of the sanitizer's blocks all signals, and nobody is told.
constexpr std::size_t leaked = gander::testing::under_tsan ? 0 : 2;

TEST(leakcheck, tells_at_the_end_of_a_run_and_at_exit) {
  for (const char* how : {"returns", "exits"}) {
    const child_result child = leaks(how);
    SCOPED_TRACE(how);
    EXPECT_EQ(child.exit_status, how == std::string("exits") ? 3 : 0) << child.err;
    EXPECT_EQ(count(child.err, header), leaked) << child.err;
    if (leaked == 0) continue;
    EXPECT_THAT(child.err, StartsWith("gander: 2 goroutines are leaked: what they wait for nobody "
                                      "can reach who may still run\n\ngoroutine "));
    EXPECT_EQ(count(child.err, "testprog/leaks.cc:"), 6u)
        << "where they wait, were started, and the channel was made";
  }
}

TEST(leakcheck, says_nothing_otherwise) {
  EXPECT_EQ(leaks("returns", "leakcheck=0").err, "");
  EXPECT_EQ(leaks("exits", "").err, "");
}

TEST(leakcheck, leaves_a_forked_child_alone) {
  const child_result child = leaks("forks");
  EXPECT_FALSE(child.timed_out);
  EXPECT_EQ(child.exit_status, 4);
  EXPECT_THAT(child.err, Not(HasSubstr("gander: ")));
}

TEST(leakcheck, comes_before_the_report_of_sigquit) {
  const child_result child = leaks("quits");
  SCOPED_TRACE(child.err);
  EXPECT_EQ(child.exit_status, 2);
  EXPECT_THAT(child.err, StartsWith("SIGQUIT: quit\n"));
  EXPECT_EQ(count(child.err, header), leaked);
  EXPECT_EQ(count(child.err, " [chan receive]:\n"), 3 - leaked) << "the one that is not leaked";
  EXPECT_EQ(report::parse(child.err).unknown, std::vector<std::string>());
}

#if !UNDER_TSAN  // the program waits for what is told
TEST(leakcheck, comes_before_each_report_of_a_process_that_goes_on) {
  const child_result child = leaks("dumps", "leakcheck=1,dumponquit=1");
  SCOPED_TRACE(child.out);
  EXPECT_EQ(child.exit_status, 0) << child.err;
  EXPECT_EQ(count(child.out, header), 2 * leaked);
  EXPECT_EQ(count(child.out, "SIGQUIT: quit\n"), 2u);
}
#endif

}  // namespace
