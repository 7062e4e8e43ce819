// SPDX-License-Identifier: Apache-2.0
#include <gander/panic.h>
#include <gander/sync/barrier.h>
#include <gander/sync/latch.h>

#include <memory>

#include "support/everywhere.h"

namespace gander {
namespace {

using testing::workers;

class latch_test : public testing::everywhere {};
GANDER_EVERYWHERE(latch_test);
class barrier_test : public testing::everywhere {};
GANDER_EVERYWHERE(barrier_test);

constinit latch static_latch(1);
constinit barrier static_barrier(1);

TEST(latch, counts_down) {
  latch l(3);
  l.count_down(2);
  EXPECT_FALSE(l.try_wait());
  l.arrive_and_wait();
  EXPECT_TRUE(l.try_wait());
  l.wait();
  EXPECT_THROW(l.count_down(), panic_error);
  static_latch.arrive_and_wait();
  latch(0).wait();
}

TEST_P(latch_test, lets_all_go_at_zero_and_may_be_destroyed_then) {
  in_place([] {
    for (int round = 0; round < 500; ++round) {
      auto l = std::make_unique<latch>(3);
      std::atomic<int> arrived{0};
      workers crew(GetParam());
      for (int w = 0; w < 3; ++w)
        crew.go([&, &l = *l] {
          ++arrived;
          l.count_down();
        });
      l->wait();
      EXPECT_EQ(arrived, 3);
      l.reset();
    }
  });
}

TEST(barrier, alone_it_never_waits) {
  for (int i = 0; i < 3; ++i) static_barrier.arrive_and_wait();
}

TEST(barrier, too_many_arrivals_panic) {
  barrier b(2);
  EXPECT_THROW((void)b.arrive(3), panic_error);
  b.wait(b.arrive(2));  // the failed one did not count
}

// No one is in a phase before the completion of the one before, which runs once and sees all that
// was done in it.
TEST_P(barrier_test, phases_do_not_overlap) {
  in_place([] {
    constexpr int members = 4, phases = 300;
    int counts[members] = {};
    int completed = 0;
    barrier b(members, [&]() noexcept {
      for (int count : counts) EXPECT_EQ(count, completed + 1);
      ++completed;
    });
    {
      workers crew(GetParam());
      for (int w = 0; w < members; ++w)
        crew.go([&, w] {
          for (int phase = 0; phase < phases; ++phase) {
            EXPECT_EQ(completed, phase);
            ++counts[w];
            if (w == 0) {
              auto token = b.arrive();
              b.wait(std::move(token));
            } else {
              b.arrive_and_wait();
            }
          }
        });
    }
    EXPECT_EQ(completed, phases);
  });
}

TEST_P(barrier_test, members_may_drop_out) {
  in_place([] {
    std::atomic<int> completed{0};
    auto count = [&]() noexcept { ++completed; };
    barrier b(4, count);
    {
      workers crew(GetParam());
      for (int w = 0; w < 4; ++w)
        crew.go([&, w] {
          for (int phase = 0; phase < w; ++phase) b.arrive_and_wait();
          b.arrive_and_drop();
        });
    }
    EXPECT_EQ(completed, 4);
  });
}

}  // namespace
}  // namespace gander
