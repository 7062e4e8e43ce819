// SPDX-License-Identifier: Apache-2.0
//
// Reports under difficulties: what exceptions say, where they were thrown, who makes the report,
// where it goes to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "report/report.h"
#include "support/build.h"
#include "support/child.h"

namespace {

using gander::testing::child_options;
using gander::testing::child_result;
using gander::testing::run_program;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

child_result death(const std::string& name, const std::string& traceback = "single") {
  return run_program(
      "deaths", {name},
      {.environment = {{"GOTRACEBACK", traceback}}, .sanitizer = gander::testing::faults_are_ours});
}

// Exit status 2 and a text that Go's grammar has.
report::report expect_report(const child_result& child, const std::string& text) {
  EXPECT_FALSE(child.timed_out);
  EXPECT_EQ(child.exit_status, 2) << "signal " << child.signal;
  report::report parsed = report::parse(text);
  EXPECT_EQ(parsed.unknown, std::vector<std::string>()) << text;
  EXPECT_FALSE(parsed.goroutines.empty()) << text;
  if (parsed.goroutines.empty()) parsed.goroutines.emplace_back();
  return parsed;
}
report::report expect_report(const child_result& child) { return expect_report(child, child.err); }

// --- what exceptions say

TEST(death, by_an_exception_with_a_huge_text_shows_its_beginning) {
  const child_result child = death("huge_text");
  const auto report = expect_report(child);
  ASSERT_EQ(report.opening.size(), 1u);
  EXPECT_THAT(report.opening[0], StartsWith("panic: std::runtime_error: xxxx"));
  EXPECT_THAT(report.opening[0], EndsWith("x... (1032192 more bytes)"));
  EXPECT_EQ(report.goroutines[0].id, 1);
}

TEST(death, by_an_exception_whose_text_looks_like_a_report) {
  const child_result child = death("text_like_a_report");
  EXPECT_EQ(expect_report(child).goroutines.size(), 1u);
  EXPECT_THAT(child.err,
              StartsWith("panic: first\n\t\n\tgoroutine 99 [running]:\n\tmain.main()\n"));
}

TEST(death, by_an_exception_that_cannot_be_asked) {
  child_result child = death("what_throws");
  expect_report(child);
  EXPECT_THAT(child.err, HasSubstr("terminate called while an exception was asked what it is\n"));
  child = death("what_is_null");
  expect_report(child);
  EXPECT_THAT(child.err, StartsWith("panic: (anonymous namespace)::says_nothing: \n"));
}

TEST(death, by_an_exception_on_the_smallest_stack) {
  const auto report = expect_report(death("smallest_stack"));
  EXPECT_EQ(report.opening[0], "panic: std::runtime_error: thrown");
  EXPECT_TRUE(report.goroutines[0].calls("(anonymous namespace)::throw_here"));
}

// --- goroutines with names

// What gostackparse and panicparse take for a header, in their words.
const std::regex gostackparse_header(
    "^(\\d+) \\[([^,]+)(?:, (\\d+) minutes)?(, locked to thread)?\\]:$");
const std::regex panicparse_header("^([ \t]*)goroutine (\\d+) \\[([^\\]]+)\\]\\:$");

TEST(names_of_goroutines, stand_in_headers_that_gos_parsers_take) {
  const child_result child = death("named", "all");
  const auto report = expect_report(child);
  std::vector<std::string> states;
  for (const report::goroutine& g : report.goroutines) states.push_back(g.status);
  EXPECT_THAT(states,
              UnorderedElementsAre(
                  "running labels:{\"name\": \"at fault\"}", "chan receive",  // main
                  "chan receive labels:{\"name\": \"parser\"}",
                  "chan receive labels:{\"name\": "
                  "\"a\\x2c b\\x5d:\\n\\\"c\\\" \\\\ \\xc3\\xa9\"}",
                  "chan receive labels:{\"name\": \"" + std::string(64, 'n') + "...\"}",
                  "chan receive", "chan receive", "chan receive labels:{\"name\": \"sleeps\"}"));
  std::istringstream lines(child.err);
  int headers = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string prefix = "goroutine ";
    if (!line.starts_with(prefix)) continue;
    ++headers;
    EXPECT_TRUE(std::regex_match(line.substr(prefix.size()), gostackparse_header)) << line;
    EXPECT_TRUE(std::regex_match(line, panicparse_header)) << line;
  }
  EXPECT_EQ(headers, 8);
}

// --- where exceptions were thrown

TEST(death, by_an_exception_shows_the_stack_of_the_throw) {
  const auto report = expect_report(death("second_phase"));
  EXPECT_TRUE(report.goroutines[0].calls("(anonymous namespace)::throw_here"));
  EXPECT_FALSE(report.goroutines[0].calls("std::terminate"));
}

TEST(death, by_an_exception_rethrown_elsewhere_shows_the_stack_that_dies) {
  for (const char* name : {"rethrown", "rethrown_second_phase"}) {
    SCOPED_TRACE(name);
    const child_result child = death(name);
    const auto report = expect_report(child);
    EXPECT_EQ(report.goroutines[0].id, 1);
    EXPECT_TRUE(report.goroutines[0].calls("(anonymous namespace)::rethrow_here")) << child.err;
    EXPECT_FALSE(report.goroutines[0].calls("(anonymous namespace)::throw_here")) << child.err;
  }
}

// --- where reports go

TEST(death, with_stderr_closed_is_told_in_the_copy) {
  for (const char* name : {"closed_stderr", "stderr_without_reader"}) {
    SCOPED_TRACE(name);
    const child_result child = death(name);
    const auto report = expect_report(child, child.out);
    EXPECT_TRUE(report.goroutines[0].calls("(anonymous namespace)::throw_here")) << child.out;
    EXPECT_EQ(child.err, "");
  }
}

TEST(death, at_level_crash_ends_by_sigabrt) {
  const child_result child = death("second_phase", "crash");
  EXPECT_EQ(child.signal, SIGABRT);
  EXPECT_EQ(report::parse(child.err).unknown, std::vector<std::string>());
}

// --- the crash thread

TEST(crash_thread, rests_and_hears_its_own_faults_only) {
  const child_result child = death("crash_thread_at_rest");
  EXPECT_EQ(child.exit_status, 0) << child.err;
  EXPECT_EQ(child.figure("wakeups"), 0) << child.out;
  const std::size_t at = child.out.find("blocked=");
  ASSERT_NE(at, child.out.npos);
  unsigned long long blocked = std::stoull(child.out.substr(at + 8), nullptr, 16);
  for (int number = 1; number < 32; ++number) {
    const bool is_fault =
        number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL;
    if (number != SIGKILL && number != SIGSTOP) {
      EXPECT_EQ((blocked >> (number - 1) & 1) == 0, is_fault) << number;
    }
  }
}

TEST(crash_thread, is_not_started_without_crash_handlers) {
  EXPECT_EQ(death("without_crash_handlers").figure("found"), 0);
}

TEST(crash_thread, is_in_no_report) {
  const child_result child = death("all_stacks");
  EXPECT_EQ(report::parse(child.out).goroutines.size(), 1u) << child.out;
}

TEST(crash_thread, that_dies_is_reported_by_itself) {
  const child_result child = death("crash_thread_dies");
  const auto report = expect_report(child);
  EXPECT_THAT(child.err, StartsWith("SIGSEGV: segmentation violation\nPC=0x"));
  EXPECT_EQ(report.goroutines[0].id, 0);
  EXPECT_NE(report.find(1), nullptr);
}

// --- sanitizers

TEST(death, by_a_fault_is_told_by_a_sanitizer_that_wants_it) {
  const child_result child = run_program("deaths", {"crash_thread_dies"});
  EXPECT_NE(child.exit_status, 0);
  EXPECT_EQ(child.err.find("Sanitizer:DEADLYSIGNAL\n") != child.err.npos,
            gander::testing::under_sanitizer)
      << child.err;
}

// --- children

TEST(death, of_a_vforked_child_leaves_the_parent_its_report) {
  const struct {
    const char* name;
    int exit_status, signal;
    std::size_t reports;  // tsan makes a fork of vfork, and a forked child tells of itself
  } children[] = {{"vforked_child_faults", -1, SIGSEGV, 1},
                  {"vforked_child_terminates", 2, 0, gander::testing::under_tsan ? 2U : 1U}};
  for (const auto& c : children) {
    SCOPED_TRACE(c.name);
    const child_result child = death(c.name);
    SCOPED_TRACE(child.err);
    EXPECT_EQ(child.figure("child_exit"), c.exit_status);
    EXPECT_EQ(child.figure("child_signal"), c.signal);
    EXPECT_EQ(child.exit_status, 2);
    EXPECT_THAT(child.err, HasSubstr("panic: the parent\n\ngoroutine 1 [running]:\n"));
    EXPECT_EQ(report::parse(child.err).goroutines.size(), c.reports);
  }
}

TEST(death, of_a_forked_child_is_reported_without_its_crash_thread) {
  const child_result child = death("forked_child_terminates");
  SCOPED_TRACE(child.err);
  EXPECT_EQ(child.figure("child_exit"), 2);
  EXPECT_THAT(child.err, StartsWith("fatal error: terminate called without an exception\n\n"
                                    "goroutine 1 [running]:\n"));
  EXPECT_THAT(child.err, HasSubstr("panic: the parent\n\ngoroutine 1 [running]:\n"));
  const std::string of_child = child.err.substr(0, child.err.find("panic: the parent"));
  EXPECT_EQ(report::parse(of_child).unknown, std::vector<std::string>());
}

}  // namespace
