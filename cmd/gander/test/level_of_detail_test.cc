// SPDX-License-Identifier: Apache-2.0
//
// What a window shows, against what is found by looking at each slice of the row.
#include "view/level_of_detail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace gander::tool::testing {
namespace {

constexpr row_kind run = 2, call = 3;

struct plain_slice {
  std::int64_t begin_ns, end_ns;
  row_kind kind;
  std::size_t point;
};

std::vector<plain_slice> all_of(const row& of) {
  std::vector<plain_slice> all;
  for (std::size_t i = 0; i + 1 < of.size(); ++i)
    if (of.kind(i) != 0) all.push_back({of.time_ns(i), of.time_ns(i + 1), of.kind(i), i});
  return all;
}

// The rule of level_of_detail.h, as it reads.
std::vector<std::vector<plain_slice>> groups(const row& of, const window& in, std::int64_t cell) {
  std::vector<std::vector<plain_slice>> result;
  std::int64_t open = -1;  // the cell of the last group, if it may still grow
  for (const plain_slice& s : all_of(of)) {
    if (s.end_ns <= in.from_ns || s.begin_ns >= in.to_ns) continue;
    if (s.end_ns - s.begin_ns >= cell) {
      result.push_back({s});
      open = -1;
      continue;
    }
    const std::int64_t mine = std::max<std::int64_t>(s.begin_ns - in.from_ns, 0) / cell;
    if (mine == open)
      result.back().push_back(s);
    else
      result.push_back({s});
    open = mine;
  }
  return result;
}

plain_row random_row(std::mt19937& random, std::size_t points) {
  plain_row result;
  std::int64_t now = static_cast<std::int64_t>(random() % 100);
  for (std::size_t i = 0; i < points; ++i) {
    result.add(now,
               random() % 3 == 0   ? row_kind{0}
               : random() % 4 == 0 ? call
                                   : run,
               static_cast<std::uint32_t>(i));
    now += 1 + static_cast<std::int64_t>(random() % (random() % 8 == 0 ? 3000 : 30));
  }
  result.add(now, 0, 0);
  result.complete();
  return result;
}

void expect_as_by_hand(const row& of, const window& in, std::int64_t cell) {
  const auto found = slices(of, in, cell, of.size() + 1);
  ASSERT_TRUE(found.has_value());
  const auto wanted = groups(of, in, cell);
  ASSERT_EQ(found->size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const slice& s = (*found)[i];
    EXPECT_EQ(s.begin_ns, wanted[i].front().begin_ns);
    EXPECT_EQ(s.end_ns, wanted[i].back().end_ns);
    EXPECT_EQ(s.first, wanted[i].front().point);
    EXPECT_EQ(s.merged, wanted[i].size() > 1);
    kind_times sums{};
    for (const plain_slice& p : wanted[i]) {
      sums[p.kind] += p.end_ns - p.begin_ns;
      ++sums[0];
    }
    EXPECT_EQ(of.times(s.first, s.last), sums);
  }
}

TEST(level_of_detail, as_by_hand) {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    const plain_row of = random_row(random, 1 + random() % 1500);
    for (int i = 0; i < 25; ++i) {
      const std::int64_t from = static_cast<std::int64_t>(random() % 50000);
      const window in{from, from + 1 + static_cast<std::int64_t>(random() % 60000)};
      SCOPED_TRACE(::testing::Message() << round << ": " << in.from_ns << " to " << in.to_ns);
      expect_as_by_hand(of, in, 1 + static_cast<std::int64_t>(random() % 2000));
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(level_of_detail, nothing_to_show) {
  plain_row empty;
  empty.complete();
  EXPECT_TRUE(level_of_detail(empty, {0, 100}, 10, 6).slices.empty());
  plain_row of;
  of.add(10, run, 1);
  of.add(20, 0, 0);
  of.complete();
  EXPECT_TRUE(level_of_detail(of, {20, 100}, 10, 6).slices.empty());
  EXPECT_TRUE(level_of_detail(of, {0, 10}, 10, 6).slices.empty());
  EXPECT_EQ(level_of_detail(of, {19, 100}, 1, 6).slices.size(), 1U);
}

// Whatever the row and the window, no more than was asked for, and all of the time is in it.
TEST(level_of_detail, bounded_and_complete) {
  std::mt19937 random(2);
  plain_row of;
  std::int64_t now = 0;
  for (std::uint32_t i = 0; i < 200000; ++i) {
    of.add(now, i % 2 == 0 ? run : row_kind{0}, i);
    now += 1 + static_cast<std::int64_t>(random() % 50);
  }
  of.add(now, 0, 0);
  of.complete();
  for (const std::uint64_t width : {1U, 2U, 7U, 1000U, 10000U}) {
    for (const std::size_t most : {6U, 60U, 3000U}) {
      for (const std::int64_t to :
           {std::int64_t{1}, now / 2, now, now * 3, std::numeric_limits<std::int64_t>::max()}) {
        const detail found = level_of_detail(of, {0, to}, width, most);
        EXPECT_LE(found.slices.size(), most);
        EXPECT_GE(found.cell_ns, (to - 1) / static_cast<std::int64_t>(width));
        kind_times sum{};
        for (const slice& s : found.slices) {
          const kind_times part = of.times(s.first, s.last);
          for (std::size_t i = 0; i < row_kinds; ++i) sum[i] += part[i];
        }
        if (to < now) continue;
        EXPECT_EQ(sum, of.times(0, of.size()));
      }
    }
  }
}

TEST(level_of_detail, far_at_the_end_of_time) {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  plain_row of;
  for (std::uint32_t i = 0; i < 100; ++i)
    of.add(last - 200 + static_cast<std::int64_t>(2 * i), i % 2 == 0 ? run : row_kind{0}, i);
  of.complete();
  EXPECT_EQ(level_of_detail(of, {last - 201, last}, 1000, 100).slices.size(), 50U);
  EXPECT_EQ(level_of_detail(of, {0, last}, 1, 6).slices.size(), 1U);
  EXPECT_LE(level_of_detail(of, {0, last}, 10000, 6).slices.size(), 6U);
}

}  // namespace
}  // namespace gander::tool::testing
