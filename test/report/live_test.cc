// SPDX-License-Identifier: Apache-2.0
//
// GODEBUG's knobs for reports, and handlers that stood before the runtime's.
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
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

child_result live(const std::vector<std::string>& how, const std::string& godebug,
                  const std::string& traceback = "all") {
  return run_program("live", how,
                     {.environment = {{"GODEBUG", godebug}, {"GOTRACEBACK", traceback}},
                      .sanitizer = gander::testing::faults_are_ours + ":handle_abort=0"});
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(dumponquit, tells_all_and_goes_on) {
  for (const char* level : {"single", "all", "system", "crash"}) {
    SCOPED_TRACE(level);
    const child_result child = live({"quits"}, "x=y,dumponquit=1", level);
    SCOPED_TRACE(child.err);
    EXPECT_EQ(child.exit_status, 0) << "signal " << child.signal;
    EXPECT_EQ(child.out, "went on\n");
    EXPECT_THAT(child.err, StartsWith("SIGQUIT: quit\nPC=0x"));
    EXPECT_EQ(count(child.err, "SIGQUIT: quit\n"), 3u);
    EXPECT_EQ(count(child.err, "runtime: sent by this process\n"), 3u);
    EXPECT_EQ(count(child.err, " [chan receive]:\n"), 3u);
    EXPECT_EQ(count(child.err, "\n-----\n") >= 3, std::string(level) == "crash");
    EXPECT_EQ(report::parse(child.err).unknown, std::vector<std::string>());
  }
}

#if !UNDER_TSAN  // it bears no handler in the middle of itself, where that thread is all the time
// One may come at any instruction of the report of the one before, on the same stacks.
TEST(dumponquit, bears_a_storm) {
  const child_result child = live({"storm"}, "dumponquit=1");
  EXPECT_EQ(child.exit_status, 0) << "signal " << child.signal;
  EXPECT_EQ(child.out, "went on\n");
  EXPECT_GT(count(child.err, "SIGQUIT: quit\n"), 10u);
}
#endif

TEST(dumponquit, comes_from_a_wedged_program) {
  const child_result child = live({"wedged"}, "dumponquit=1");
  EXPECT_EQ(child.exit_status, 0) << "signal " << child.signal;
  EXPECT_EQ(child.out, "went on\n");
  EXPECT_THAT(child.err, HasSubstr(" [chan receive]:\n"));
}

TEST(godebug, is_told_where_it_makes_no_sense) {
  const child_result child = live({"quits"}, "dumponquit=yes");
  EXPECT_EQ(child.exit_status, 2) << "signal " << child.signal;
  EXPECT_THAT(child.err,
              StartsWith("gander: GODEBUG=dumponquit=yes is not 0 or 1, ignored\nSIGQUIT: quit\n"));
}

TEST(tracebackgroup, shows_equal_stacks_once) {
  const child_result child = live({"groups"}, "tracebackgroup=1");
  SCOPED_TRACE(child.err);
  EXPECT_EQ(child.exit_status, 2) << "signal " << child.signal;
  const report::report parsed = report::parse(child.err);
  EXPECT_EQ(parsed.unknown, std::vector<std::string>());
  EXPECT_EQ(parsed.goroutines.size(), 3u);
  EXPECT_EQ(count(child.err, "(anonymous namespace)::receives(...)\n"), 1u);
  EXPECT_EQ(count(child.err, "(anonymous namespace)::receives_too(...)\n"), 1u);
  EXPECT_THAT(child.err, HasSubstr("\nruntime: 39 more goroutines have the stack of goroutine "));
  EXPECT_THAT(child.err, HasSubstr("\nruntime: 9 more goroutines have the stack of goroutine "));
  EXPECT_EQ(live({"groups"}, "").err.find("more goroutines"), std::string::npos);
}

// ---- handlers that were there before

// Where a sanitizer answers for faults, whoever stood before the runtime is taken for it, and
// stays.
#if !UNDER_ASAN && !UNDER_TSAN
TEST(previous_handler, is_called_in_the_end_with_what_the_kernel_said) {
  const child_result child = live({"handler", std::to_string(SIGSEGV)}, "");
  EXPECT_EQ(child.exit_status, 33) << "signal " << child.signal;
  EXPECT_THAT(child.err, StartsWith("panic: runtime error: invalid memory address"));
  EXPECT_THAT(child.err, HasSubstr("\ngoroutine 1 [running]:\n"));
  EXPECT_EQ(child.out, "handler: signal 11, code 1, address 0x8\n");
}

TEST(previous_handler, that_puts_the_default_back_gets_the_signal_once_more) {
  const child_result child = live({"handler", std::to_string(SIGSEGV), "return"}, "");
  EXPECT_EQ(child.signal, SIGSEGV) << child.exit_status;
  EXPECT_EQ(child.out, "handler: signal 11, code 1, address 0x8\n");
}

TEST(previous_handler, that_faults_itself_ends_the_process) {
  const child_result child = live({"handler", std::to_string(SIGSEGV), "fault"}, "");
  EXPECT_EQ(child.signal, SIGSEGV) << child.exit_status;
  EXPECT_EQ(child.out, "handler: signal 11, code 1, address 0x8\n");
}

#endif

TEST(previous_handler, of_sigabrt_is_called_for_an_exception) {
  const child_result child = live({"handler", std::to_string(SIGABRT)}, "");
  EXPECT_EQ(child.exit_status, 33) << "signal " << child.signal;
  EXPECT_THAT(child.err, StartsWith("panic: std::runtime_error: uncaught\n"));
  EXPECT_THAT(child.out, StartsWith("handler: signal 6, code -6, "));
}

TEST(previous_handler, of_terminate_is_called_for_an_exception) {
  const child_result child = live({"terminate"}, "");
  EXPECT_EQ(child.signal, SIGABRT) << child.exit_status;
  EXPECT_THAT(child.err, StartsWith("panic: std::runtime_error: uncaught\n"));
  EXPECT_THAT(child.err, Not(HasSubstr("SIGABRT")));
  EXPECT_EQ(child.out, "terminate: uncaught\n");
}

}  // namespace
