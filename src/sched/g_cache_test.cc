// SPDX-License-Identifier: Apache-2.0
#include "sched/g_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace gander {
namespace {

// Dead goroutines with the ends of their stacks.
class g_cache_test : public testing::Test {
 protected:
  struct alignas(64) piece {
    std::array<std::byte, 512> stack;
    G g;
  };

  g_cache_test() : pieces_(g_cache::capacity) {
    for (piece& p : pieces_) {
      p.stack.fill(std::byte{0});
      p.g.stack_high = reinterpret_cast<std::uintptr_t>(&p.g);
    }
  }

  G* g(std::size_t i) { return &pieces_[i].g; }

  bool nothing_is_left_behind() const {
    return std::all_of(pieces_.begin(), pieces_.end(), [](const piece& p) {
      return std::all_of(p.stack.begin(), p.stack.end(),
                         [](std::byte b) { return b == std::byte{0}; });
    });
  }

  g_cache cache_;

 private:
  std::vector<piece> pieces_;
};

TEST_F(g_cache_test, takes_the_last_that_was_put) {
  EXPECT_TRUE(cache_.empty());
  for (std::size_t i = 0; i < 3; ++i) cache_.put(g(i));
  EXPECT_EQ(cache_.take(), g(2));
  cache_.put(g(3));
  EXPECT_EQ(cache_.take(), g(3));
  EXPECT_EQ(cache_.take(), g(1));
  EXPECT_EQ(cache_.take(), g(0));
  EXPECT_TRUE(cache_.empty());
}

TEST_F(g_cache_test, spills_a_batch_of_those_that_were_put_first) {
  for (std::size_t i = 0; i < g_cache::capacity; ++i) cache_.put(g(i));
  EXPECT_TRUE(cache_.full());
  g_batch* const first = cache_.spill();
  EXPECT_TRUE(first->full());
  for (std::size_t i = g_cache::capacity; i-- > g_batch::capacity;) EXPECT_EQ(cache_.take(), g(i));
  EXPECT_TRUE(cache_.empty());
  cache_.fill(*first);
  for (std::size_t i = g_batch::capacity; i-- > 0;) EXPECT_EQ(cache_.take(), g(i));
  EXPECT_TRUE(cache_.empty());
  EXPECT_TRUE(nothing_is_left_behind());
}

TEST_F(g_cache_test, spills_what_there_is) {
  cache_.put(g(0));
  cache_.put(g(1));
  g_batch* const two = cache_.spill();
  EXPECT_TRUE(cache_.empty());
  EXPECT_EQ(two->size(), 2u);
  cache_.put(g(2));
  g_batch* const one = cache_.spill();
  EXPECT_EQ(one->size(), 1u);
  EXPECT_EQ(one->take(), g(2));
  cache_.fill(*two);
  EXPECT_EQ(cache_.take(), g(1));
  EXPECT_EQ(cache_.take(), g(0));
  EXPECT_TRUE(cache_.empty());
  EXPECT_TRUE(nothing_is_left_behind());
}

TEST_F(g_cache_test, a_batch_goes_with_its_first) {
  g_batch* const b = g_batch::of(g(0));
  for (std::size_t i = 1; i < g_batch::capacity; ++i) {
    EXPECT_FALSE(b->full());
    b->add(g(i));
  }
  EXPECT_TRUE(b->full());
  EXPECT_FALSE(nothing_is_left_behind());
  for (std::size_t i = g_batch::capacity; i-- > 0;) EXPECT_EQ(b->take(), g(i));
  EXPECT_EQ(b->size(), 0u);
  EXPECT_TRUE(nothing_is_left_behind());
}

}  // namespace
}  // namespace gander
