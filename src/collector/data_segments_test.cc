// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "base/left_out.h"
#include "collector/scan.h"

namespace gander::collector {
namespace {

std::array<std::uintptr_t, 10'000> table;
std::array<std::uintptr_t, 10'000> no_table;

bool hold(const data_segments& all, const std::uintptr_t& word) {
  const auto address = reinterpret_cast<std::uintptr_t>(&word);
  bool found = false;
  all.for_each([&](std::uintptr_t begin, std::uintptr_t end) {
    found |= begin <= address && address < end;
  });
  return found;
}

bool hold_any_of(const data_segments& all, const std::array<std::uintptr_t, 10'000>& words) {
  for (const std::uintptr_t& word : words)
    if (hold(all, word)) return true;
  return false;
}

TEST(data_segments, are_all_but_what_is_left_out) {
  const auto all = std::make_unique<data_segments>();
  all->find();
  const std::size_t before = all->bytes();
  EXPECT_TRUE(hold(*all, table.front()));
  EXPECT_TRUE(hold(*all, table.back()));
  static const left_out of_table(table);
  all->find();
  EXPECT_EQ(all->bytes(), before - sizeof table);
  EXPECT_FALSE(hold_any_of(*all, table));
  for (const std::uintptr_t& word : no_table) ASSERT_TRUE(hold(*all, word));
}

}  // namespace
}  // namespace gander::collector
