// SPDX-License-Identifier: Apache-2.0
//
// A report of which one part faults or hangs: the part is named, the others are there, and the
// process ends as it always does. Whoever makes the report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

#include "processor.h"
#include "report/report.h"
#include "support/child.h"

namespace {

using gander::testing::child_result;
using gander::testing::run_program;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// In the order of their numbers; the lines tell whether the step was made. (Other threads have
// registers, too: those of the goroutine at fault stand before them.)
const struct {
  std::string name;
  std::string line;  // "": nothing to be seen
} steps[] = {
    {"the reason", "SIGILL: illegal instruction\n"},
    {"the other threads", ""},
    {"what was traced", ""},
    {"the fault", "\ninstruction bytes: "},
    {"the process", "\nruntime: gander "},
    {"the goroutine at fault", "\ngoroutine 1 gp="},
    {"the other goroutines", "\ncreated by "},
    {"the registers", std::string("\n") + gander::processor::pc_register + "    0x"},
};
const struct {
  std::string name;
  std::string line;
} last_steps[] = {
    {"the threads", "\n-----\n\nruntime: thread "},
    {"the modules", "\n-----\n\nruntime: module "},
    {"the trace", "\nruntime: trace in /dev/null, "},
};
constexpr std::size_t step_count = std::size(steps) + std::size(last_steps);
constexpr std::size_t single_goroutine = step_count;
constexpr std::size_t single_thread = step_count + 1;
constexpr std::size_t the_stop = 1;
constexpr std::size_t the_goroutine_at_fault = 5;
constexpr std::size_t the_goroutines = 6;

std::string name_of(std::size_t step) {
  if (step < std::size(steps)) return steps[step].name;
  if (step < step_count) return last_steps[step - std::size(steps)].name;
  return step == single_goroutine ? "goroutine [0-9]+" : "thread [0-9]+";
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// Who makes all but the first of them: the crash thread, or the dying thread alone.
class parts : public testing::TestWithParam<std::string> {
 protected:
  static child_result spoil(const std::string& how, std::size_t step) {
    return run_program(
        "report_parts", {how, std::to_string(step), GetParam()},
        {.environment = {{"GOTRACEBACK", "crash"}, {"GANDER_CRASH_TRACE", "/dev/null"}}});
  }

  static void expect_all_steps_but(std::size_t spoilt, const std::string& text) {
    const std::string first = text.substr(0, text.find("\n-----\n"));
    for (std::size_t i = 0; i < std::size(steps); ++i)
      if (!steps[i].line.empty()) {
        EXPECT_EQ(first.find(steps[i].line) != first.npos, i != spoilt) << steps[i].name;
      }
    for (std::size_t i = 0; i < std::size(last_steps); ++i) {
      // Threads that were not stopped are not shown.
      const bool spoils = std::size(steps) + i == spoilt || (i == 0 && spoilt == the_stop);
      EXPECT_EQ(text.find(last_steps[i].line) != text.npos, !spoils) << last_steps[i].name;
    }
    // The two that wait, and the tracer's: "trace reader (blocked)", or still telling that the
    // trace is on.
    const std::size_t others =
        count(first, " [chan receive]:\n") + count(first, ", locked to thread]:\n");
    EXPECT_EQ(others, spoilt == single_goroutine ? 2u : spoilt == the_goroutines ? 0u : 3u);
  }
};
INSTANTIATE_TEST_SUITE_P(, parts, testing::Values("thread", "alone"),
                         [](const auto& value) { return value.param; });

TEST_P(parts, of_a_whole_report_are_made_by_one_thread) {
  const child_result child = spoil("whole", 0);
  SCOPED_TRACE(child.err);
  EXPECT_EQ(child.signal, SIGABRT);
  expect_all_steps_but(99, child.err);
  EXPECT_THAT(child.err, Not(HasSubstr("could not be told")));
  // The first is the dying thread's, whichever that is.
  const std::string crash_thread = ": gander-crash\n";
  EXPECT_THAT(child.out, Not(HasSubstr("step 0" + crash_thread)));
  for (std::size_t step = 1; step <= single_thread; ++step)
    EXPECT_EQ(child.out.find("step " + std::to_string(step) + crash_thread) != std::string::npos,
              GetParam() == "thread");
}

TEST_P(parts, are_not_disturbed_by_the_next_sigquit) {
  const child_result child = spoil("quit", 0);
  EXPECT_EQ(child.signal, SIGABRT) << child.exit_status;
  expect_all_steps_but(99, child.err);
  EXPECT_EQ(count(child.err, "SIGQUIT"), 0u) << child.err;
}

TEST_P(parts, that_fault_or_hang_are_named_and_skipped) {
  struct way {
    std::string how, words;
  };
  for (const way& way : {way{"fault", "fault"}, way{"hang", "too slow"}})
    for (std::size_t step = 0; step <= single_thread; ++step) {
      SCOPED_TRACE(way.how + " in step " + std::to_string(step));
      const child_result child = spoil(way.how, step);
      SCOPED_TRACE(child.err);
      EXPECT_FALSE(child.timed_out);
      EXPECT_EQ(child.signal, SIGABRT) << child.exit_status;
      EXPECT_THAT(child.err, ContainsRegex("runtime: " + name_of(step) + " could not be told \\(" +
                                           way.words + "\\)\n"));
      EXPECT_EQ(count(child.err, "could not be told"), 1u);
      EXPECT_EQ(report::parse(child.err).unknown, std::vector<std::string>());
      expect_all_steps_but(step, child.err);
    }
}

// What supervises the dying thread, where it reports itself, is a timer, and cannot do more.
TEST(parts_of_a_crash_thread, that_hear_no_signal_end_the_report) {
  for (const std::size_t step : {the_goroutine_at_fault, single_goroutine}) {
    SCOPED_TRACE(step);
    const child_result child =
        run_program("report_parts", {"deaf", std::to_string(step), "thread"});
    SCOPED_TRACE(child.err);
    EXPECT_EQ(child.exit_status, 2) << "signal " << child.signal;
    const std::string name = step < std::size(steps) ? steps[step].name : "a goroutine";
    EXPECT_THAT(child.err, HasSubstr("\nruntime: " + name +
                                     " could not be told (too slow), and the report ends here\n"));
    EXPECT_THAT(child.err, HasSubstr("SIGILL: illegal instruction\n"));
    EXPECT_EQ(report::parse(child.err).unknown, std::vector<std::string>());
  }
}

}  // namespace
