// SPDX-License-Identifier: Apache-2.0

// Every program of examples/crashes dies as its table says: exit status 2, a report that Go's
// grammar takes whole, the lines it must have and none that it must not. On failure the whole
// report is shown.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <regex>
#include <sstream>

#include "report/child.h"
#include "report/crash_table.h"
#include "report/report.h"

namespace {

class CrashTest : public testing::TestWithParam<report::crash_case> {};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST_P(CrashTest, ReportsAsGoDoes) {
  const report::crash_case& wanted = GetParam();
  const auto outcome = report::run_child(std::string(GANDER_EXAMPLES_DIR) + "/crashes", wanted.name,
                                         wanted.traceback, wanted.name == "busy-loop");
  SCOPED_TRACE("the report:\n" + outcome.err);
  EXPECT_TRUE(WIFEXITED(outcome.status)) << "killed by signal " << WTERMSIG(outcome.status);
  EXPECT_EQ(WEXITSTATUS(outcome.status), 2);

  const auto parsed = report::parse(outcome.err);
  for (const std::string& line : parsed.unknown)
    ADD_FAILURE() << "no line of Go's grammar: " << line;

  const std::vector<std::string> lines = lines_of(outcome.err);
  for (const report::rule& rule : wanted.rules) {
    const std::regex line_like(rule.line);
    int found = 0;
    for (const std::string& line : lines) found += std::regex_match(line, line_like);
    EXPECT_GE(found, rule.at_least) << "too few lines like " << rule.line;
    EXPECT_LE(found, rule.at_most) << "too many lines like " << rule.line;
  }

  auto at = lines.begin();
  for (const std::string& expression : wanted.order) {
    const std::regex line_like(expression);
    while (at != lines.end() && !std::regex_match(*at, line_like)) ++at;
    if (at == lines.end()) {
      ADD_FAILURE() << "in its place in the order there is no " << expression;
      break;
    }
    ++at;
  }
}

std::string name_of(const testing::TestParamInfo<report::crash_case>& info) {
  std::string name = info.param.name + "_" + info.param.traceback;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, CrashTest, testing::ValuesIn(report::crash_table()), name_of);

}  // namespace
