// SPDX-License-Identifier: Apache-2.0
//
// debug::write_report in signal handlers: whatever they interrupt, the reports come and the program
// goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <tuple>
#include <vector>

#include "report/report.h"
#include "support/build.h"
#include "support/child.h"

namespace {

using gander::testing::child_result;
using gander::testing::run_program;
using testing::HasSubstr;
using namespace std::chrono_literals;

// Tsan holds handlers back until the next system call: they interrupt nothing.
#if !UNDER_TSAN
long figure(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name + '=');
  return at == text.npos ? -1 : std::stol(text.substr(at + name.size() + 1));
}

class report_in_handler : public testing::TestWithParam<std::tuple<const char*, const char*>> {};
INSTANTIATE_TEST_SUITE_P(, report_in_handler,
                         testing::Combine(testing::Values("gander", "malloc", "report", "bare"),
                                          testing::Values("own", "theirs")),
                         [](const auto& value) {
                           return std::string("that_interrupts_") + std::get<0>(value.param) +
                                  "_on_stack_" + std::get<1>(value.param);
                         });

TEST_P(report_in_handler, is_written) {
  const std::string work = std::get<0>(GetParam());
  const child_result child =
      run_program("report_in_handler", {work, std::get<1>(GetParam())}, {.limit = 60s});
  EXPECT_FALSE(child.timed_out) << child.err;
  EXPECT_EQ(child.exit_status, 0) << child.err << "signal " << child.signal;
  const report::report parsed = report::parse(child.out);
  EXPECT_EQ(parsed.unknown, std::vector<std::string>());
  EXPECT_GT(figure(child.err, "written"), 0);
  // Only a report of its own thread that it has interrupted keeps a handler from writing one.
  if (work != "report") {
    EXPECT_LE(figure(child.err, "refused"), 0) << child.err;
  }
  bool names_its_handler = false;
  for (const report::goroutine& g : parsed.goroutines)
    names_its_handler |= g.calls("(anonymous namespace)::on_signal");
  EXPECT_TRUE(names_its_handler) << child.out.substr(0, 5000);
}

TEST(handler, that_interrupts_a_report_of_its_thread_is_refused_one) {
  for (const char* stack : {"own", "theirs"}) {
    const child_result child = run_program("report_in_handler", {"nested", stack});
    EXPECT_EQ(child.exit_status, 0) << child.err << "signal " << child.signal;
    EXPECT_EQ(child.err, "written=0\nrefused=1\n");
    const report::report parsed = report::parse(child.out);
    EXPECT_EQ(parsed.unknown, std::vector<std::string>());
    EXPECT_EQ(parsed.goroutines.size(), 61u) << child.out;
  }
}

#if GANDER_DEBUG_CHECKS
// A handler is known by its stack, where that is the runtime's and not the sanitizer's.
TEST(handler, that_calls_something_else_is_told_of) {
  const child_result child =
      run_program("report_in_handler", {"misuse"}, {.sanitizer = "use_sigaltstack=0"});
  EXPECT_EQ(child.exit_status, 2);
  EXPECT_THAT(child.err, HasSubstr("fatal error: gander called in a signal handler\n"));
}
#endif
#endif

}  // namespace
