// SPDX-License-Identifier: Apache-2.0
//
// Reports of programs whose debug information is elsewhere, compressed, or gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "report/report.h"
#include "support/build.h"
#include "support/child.h"

namespace {

using gander::testing::child_result;
using gander::testing::run_program;

struct variant {
  std::string name;
  bool names = true;    // of functions
  bool inlines = true;  // and of those inlined into others
  bool lines = true;
};
void PrintTo(const variant& v, std::ostream* out) { *out << v.name; }

const variant variants[] = {
    {"plain"},
    {"no_frame_pointers"},
    {"compressed"},
    // The names are in a .dwo file, which libbacktrace does not read: the symbol table has those of
    // functions, the program the lines.
    {.name = "split_dwarf", .inlines = false},
    {"pie"},
    {"no_pie"},
    {"old_dwarf"},
    {.name = "stripped", .names = false, .inlines = false, .lines = false},
    {"separate"},
};

class built : public testing::TestWithParam<variant> {};
INSTANTIATE_TEST_SUITE_P(, built, testing::ValuesIn(variants),
                         [](const auto& value) { return value.param.name; });

TEST_P(built, in_any_way_a_program_is_reported) {
  const variant& wanted = GetParam();
  const child_result child = run_program(
      "variant_" + wanted.name, {},
      {.environment = {{"GOTRACEBACK", "system"}}, .sanitizer = gander::testing::faults_are_ours});
  SCOPED_TRACE(child.err);
  EXPECT_EQ(child.exit_status, 2) << "signal " << child.signal;
  const report::report parsed = report::parse(child.err);
  EXPECT_EQ(parsed.unknown, std::vector<std::string>());
  ASSERT_FALSE(parsed.goroutines.empty());
  const std::vector<report::frame>& frames = parsed.goroutines[0].frames;
  ASSERT_GE(frames.size(), 3u);
  EXPECT_EQ(frames[0].function, wanted.names ? "variant::dies_here" : "?");
  EXPECT_TRUE(frames[0].has_offset);
  std::size_t next = 1;
  if (wanted.inlines) {
    EXPECT_THAT(frames[next].function, testing::HasSubstr("inlined_into_caller"));
    EXPECT_FALSE(frames[next].has_offset);
    ++next;
  }
  EXPECT_EQ(frames[next].function, wanted.names ? "variant::calls_it" : "?");
  for (std::size_t i = 0; i <= next; ++i) {
    EXPECT_THAT(frames[i].file, testing::HasSubstr(wanted.lines ? "/variant.cc" : "/variant_"));
    EXPECT_EQ(frames[i].line > 0, wanted.lines);
  }
}

}  // namespace
