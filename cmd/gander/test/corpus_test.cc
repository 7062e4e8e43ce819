// SPDX-License-Identifier: Apache-2.0
//
// The cases by which Go tests its own reader, as they come with Go: what it takes, we take, and
// what it refuses, we refuse.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "text_trace.h"

namespace gander::tool::testing {
namespace {

TEST(trace_corpus, as_go_reads_it) {
  std::size_t cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GANDER_GO_TRACES)) {
    if (entry.path().extension() != ".test") continue;
    std::ifstream file(entry.path());
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const text_case c = parse_text_case(text);
    const outcome result = read_bytes(c.trace, false);
    EXPECT_EQ(result.refused, "") << entry.path();
    EXPECT_EQ(result.problems.count() == 0, c.succeeds) << entry.path() << "\n" << result.told();
    ++cases;
  }
  EXPECT_GE(cases, 20U);
}

}  // namespace
}  // namespace gander::tool::testing
