// SPDX-License-Identifier: Apache-2.0
//
// A report of which one part faults or hangs: the part is named, the others are there, and the
// process ends as it always does. Whoever makes the report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "report/report.h"
#include "support/build.h"
#include "support/child.h"

namespace {

using gander::testing::child_result;
using gander::testing::run_program;
using gander::testing::under_tsan;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// In the order of their numbers; the lines tell whether the step was made.
const struct {
  std::string name;
  std::string line;  // "": nothing to be seen
} steps[] = {
    {"the reason", "SIGQUIT: quit\n"},
    {"the other threads", ""},
    {"the goroutine at fault", "goroutine 1 [running]:\n"},
    {"the other goroutines", "\ncreated by "},
    {"the registers", "\nrip    0x"},
};
constexpr std::size_t single_goroutine = std::size(steps);

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// Who makes all but the first of them: the crash thread, or the dying thread alone.
class parts : public testing::TestWithParam<std::string> {
 protected:
  static child_result spoil(const std::string& how, std::size_t step) {
    return run_program("report_parts", {how, std::to_string(step), GetParam()});
  }

  static void expect_all_steps_but(std::size_t spoilt, const std::string& text) {
    for (std::size_t i = 0; i < std::size(steps); ++i)
      if (!steps[i].line.empty()) {
        EXPECT_EQ(text.find(steps[i].line) != text.npos, i != spoilt) << steps[i].name;
      }
    EXPECT_EQ(count(text, " [chan receive]:\n"), spoilt == single_goroutine ? 1u
                                                 : spoilt == 3              ? 0u
                                                                            : 2u);
  }
};
INSTANTIATE_TEST_SUITE_P(, parts, testing::Values("thread", "alone"),
                         [](const auto& value) { return value.param; });

TEST_P(parts, of_a_whole_report_are_made_by_one_thread) {
  const child_result child = spoil("whole", 0);
  SCOPED_TRACE(child.err);
  EXPECT_EQ(child.exit_status, 2);
  expect_all_steps_but(99, child.err);
  EXPECT_THAT(child.err, Not(HasSubstr("could not be told")));
  // The first is the dying thread's, whichever that is.
  const std::string crash_thread = ": gander-crash\n";
  EXPECT_THAT(child.out, Not(HasSubstr("step 0" + crash_thread)));
  for (std::size_t step = 1; step <= single_goroutine; ++step)
    EXPECT_EQ(child.out.find("step " + std::to_string(step) + crash_thread) != std::string::npos,
              GetParam() == "thread");
}

TEST_P(parts, are_not_disturbed_by_the_next_sigquit) {
  const child_result child = spoil("quit", 0);
  EXPECT_EQ(child.exit_status, 2) << "signal " << child.signal;
  expect_all_steps_but(99, child.err);
  EXPECT_EQ(count(child.err, "SIGQUIT"), 1u) << child.err;
}

TEST_P(parts, that_fault_or_hang_are_named_and_skipped) {
  struct way {
    std::string how, words;
  };
  std::vector<way> ways = {{"fault", "fault"}};
  // Under tsan a part that hangs is not ended by a signal. That its report ends all the same is
  // seen below.
  if (!under_tsan) ways.push_back({"hang", "too slow"});
  for (const auto& way : ways)
    for (std::size_t step = 0; step <= single_goroutine; ++step) {
      SCOPED_TRACE(way.how + " in step " + std::to_string(step));
      const child_result child = spoil(way.how, step);
      SCOPED_TRACE(child.err);
      EXPECT_FALSE(child.timed_out);
      EXPECT_EQ(child.exit_status, 2) << "signal " << child.signal;
      const std::string name = step < std::size(steps) ? steps[step].name : "goroutine [0-9]+";
      EXPECT_THAT(child.err, ContainsRegex("runtime: " + name + " could not be told \\(" +
                                           way.words + "\\)\n"));
      EXPECT_EQ(count(child.err, "could not be told"), 1u);
      EXPECT_EQ(report::parse(child.err).unknown, std::vector<std::string>());
      expect_all_steps_but(step, child.err);
    }
}

// What supervises the dying thread, where it reports itself, is a timer, and cannot do more.
TEST(parts_of_a_crash_thread, that_hear_no_signal_end_the_report) {
  for (const std::size_t step : {std::size_t{2}, single_goroutine}) {
    SCOPED_TRACE(step);
    const child_result child =
        run_program("report_parts", {"deaf", std::to_string(step), "thread"});
    SCOPED_TRACE(child.err);
    EXPECT_EQ(child.exit_status, 2) << "signal " << child.signal;
    const std::string name = step < std::size(steps) ? steps[step].name : "a goroutine";
    EXPECT_THAT(child.err, HasSubstr("\nruntime: " + name +
                                     " could not be told (too slow), and the report ends here\n"));
    EXPECT_THAT(child.err, HasSubstr("SIGQUIT: quit\n"));
    EXPECT_EQ(report::parse(child.err).unknown, std::vector<std::string>());
  }
}

}  // namespace
