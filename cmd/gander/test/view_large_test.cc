// SPDX-License-Identifier: Apache-2.0
//
// A million events in memory: what is shown of them is right, no answer is large, and what each
// event takes is bounded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "indexed.h"
#include "json_check.h"
#include "random_trace.h"
#include "view/api.h"
#include "view/level_of_detail.h"

namespace gander::tool::testing {
namespace {

constexpr std::size_t most_bytes = 400 * 1024;  // of an answer

class trace_view_large : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    all_ = std::make_unique<indexed>(random_trace(
        {.seed = 3, .events = 1'200'000, .threads = 8, .goroutines = 300, .generations = 10}));
  }
  static void TearDownTestSuite() { all_.reset(); }

  static std::string ask(const std::string& path, std::multimap<std::string, std::string> with) {
    const api answers(all_->index, "large", all_->totals, all_->problems);
    const response r = answers.answer({.path = "/api/" + path, .parameters = std::move(with)});
    EXPECT_EQ(r.status, 200);
    EXPECT_TRUE(json_check::holds(r.body));
    EXPECT_LE(r.body.size(), most_bytes) << path;
    return r.body;
  }

  static std::unique_ptr<indexed> all_;
};

std::unique_ptr<indexed> trace_view_large::all_;

TEST_F(trace_view_large, all_is_there) {
  EXPECT_EQ(all_->problems.count(), 0U);
  EXPECT_GE(all_->totals.events, 1'000'000U);
  EXPECT_EQ(all_->totals.generations, 10U);
  EXPECT_EQ(all_->index.goroutines().size(), all_->totals.goroutines);
}

// From the whole trace down to a few slices: the time that a row shows is that of the row.
TEST_F(trace_view_large, each_level_has_all_of_the_time) {
  const std::int64_t whole = all_->index.duration_ns();
  for (const proc_row& p : all_->index.procs()) {
    for (std::int64_t length = whole; length > 1000; length /= 3) {
      const window in{whole / 3, whole / 3 + length};
      std::int64_t by_hand = 0;  // what begins in it, slice by slice
      for (std::size_t i = 0; i + 1 < p.row.size(); ++i)
        if (p.row.kind(i) != 0 && p.row.time_ns(i + 1) > in.from_ns && p.row.time_ns(i) < in.to_ns)
          by_hand += p.row.time_ns(i + 1) - p.row.time_ns(i);
      const detail found = level_of_detail(p.row, in, 1000, 500);
      EXPECT_LE(found.slices.size(), 500U);
      std::int64_t sum = 0;
      for (const slice& s : found.slices) {
        const kind_times part = p.row.times(s.first, s.last);
        sum += part[2] + part[3];
      }
      EXPECT_EQ(sum, by_hand);
    }
  }
}

TEST_F(trace_view_large, answers_are_small) {
  const std::string end = std::to_string(all_->index.duration_ns());
  std::string rows = "stops,marking";
  for (int p = 0; p < 8; ++p) rows += ",p" + std::to_string(p);
  for (int g = 1; g <= 40; ++g) rows += ",g" + std::to_string(g);
  for (const char* const width : {"1", "1000", "10000"})
    for (const std::string& shown : {rows, std::string("p0"), std::string("g1")})
      ask("timeline", {{"from", "0"}, {"to", end}, {"width", width}, {"rows", shown}});
  ask("summary", {});
  for (const char* const sort : {"id", "-running", "begin", "-blocked"})
    ask("goroutines", {{"sort", sort}, {"limit", "200"}, {"search", "main"}});
  ask("goroutine/1", {});
  ask("goroutine/1/history", {{"limit", "500"}, {"at", end}});
  ask("goroutine/1/history", {{"limit", "500"}});
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__)
TEST_F(trace_view_large, memory_of_an_event) {
  const bytes data = random_trace({.seed = 4, .events = 200'000});
  const std::uint64_t before = ::mallinfo2().uordblks;
  const indexed one(data);
  const std::uint64_t bytes_each = (::mallinfo2().uordblks - before) / one.totals.events;
  EXPECT_LE(bytes_each, 64U);
  EXPECT_GE(bytes_each, 16U);  // it has been measured
}
#endif

}  // namespace
}  // namespace gander::tool::testing
