// SPDX-License-Identifier: Apache-2.0
#include "trace/batch.h"

#include <gtest/gtest.h>

#include <vector>

#include "trace/writer.h"

namespace gander::trace {
namespace {

constexpr unsigned small = 0;
constexpr unsigned big = pool::size_classes - 1;

writer nobody;

std::vector<batch*> take_all_there_are(unsigned wanted) {
  std::vector<batch*> taken;
  while (batch* const b = pool::take(&nobody, 1, wanted)) taken.push_back(b);
  return taken;
}

void give_back(const std::vector<batch*>& batches) {
  for (batch* const b : batches) pool::close(b);
  pool::give_back(pool::take_all());
}

std::size_t frozen_count() {
  std::size_t count = 0;
  pool::for_each_frozen([&](const batch&) { ++count; });
  return count;
}

TEST(batch_pool, makes_big_batches_of_small_ones_and_back) {
  ASSERT_TRUE(pool::open(4 * pool::block_bytes));
  const std::vector<batch*> smalls = take_all_there_are(small);
  const std::size_t in_a_block = pool::block_bytes / pool::bytes_of_class[small];
  ASSERT_GE(smalls.size(), 4 * in_a_block);
  EXPECT_EQ(frozen_count(), smalls.size());
  EXPECT_EQ(pool::take(&nobody, 1, big), nullptr);
  give_back(smalls);

  const std::vector<batch*> bigs = take_all_there_are(big);
  EXPECT_EQ(bigs.size() * in_a_block, smalls.size());
  for (const batch* const b : bigs) EXPECT_EQ(b->size_class, big);
  EXPECT_EQ(frozen_count(), bigs.size());
  give_back(bigs);

  const std::vector<batch*> smalls_again = take_all_there_are(small);
  EXPECT_EQ(smalls_again.size(), smalls.size());
  give_back(smalls_again);
}

// One batch that is in use keeps its block as it is; the caller gets a smaller one.
TEST(batch_pool, leaves_blocks_alone_of_which_something_is_used) {
  ASSERT_TRUE(pool::open(4 * pool::block_bytes));
  std::vector<batch*> smalls = take_all_there_are(small);
  batch* const kept = smalls.back();
  smalls.pop_back();
  give_back(smalls);
  std::size_t bigs = 0;
  std::vector<batch*> taken = take_all_there_are(big);
  for (const batch* const b : taken) bigs += b->size_class == big;
  const std::size_t in_a_block = pool::block_bytes / pool::bytes_of_class[small];
  EXPECT_EQ(bigs, (smalls.size() + 1) / in_a_block - 1);
  EXPECT_EQ(taken.size() - bigs, in_a_block - 1);
  taken.push_back(kept);
  give_back(taken);
}

}  // namespace
}  // namespace gander::trace
