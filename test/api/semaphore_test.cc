// SPDX-License-Identifier: Apache-2.0
#include <gander/sync/semaphore.h>

#include <memory>
#include <mutex>

#include "support/await.h"
#include "support/everywhere.h"

namespace gander {
namespace {

using namespace std::chrono_literals;
using testing::await;
using testing::await_waiting;
using testing::workers;

class semaphore_test : public testing::everywhere {};
GANDER_EVERYWHERE(semaphore_test);

constinit semaphore in_static_storage(2);

TEST(semaphore, counts) {
  semaphore& s = in_static_storage;
  s.acquire();
  EXPECT_TRUE(s.try_acquire());
  EXPECT_FALSE(s.try_acquire());
  EXPECT_FALSE(s.try_acquire_for(1ms));
  EXPECT_FALSE(s.try_acquire_until(std::chrono::system_clock::now() - 1h));
  s.release(0);
  EXPECT_FALSE(s.try_acquire());
  s.release(2);
  EXPECT_TRUE(s.try_acquire_for(-1s));
  EXPECT_TRUE(s.try_acquire());
  EXPECT_FALSE(s.try_acquire());
}

TEST_P(semaphore_test, never_lets_more_in_than_permitted) {
  in_place([] {
    semaphore s(3);
    std::atomic<int> inside{0}, most{0};
    {
      workers crew(GetParam());
      for (int w = 0; w < 8; ++w)
        crew.go([&] {
          for (int i = 0; i < 1000; ++i) {
            s.acquire();
            const int now = ++inside;
            if (now > most) most = now;
            --inside;
            s.release();
          }
        });
    }
    EXPECT_LE(most, 3);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(s.try_acquire());
    EXPECT_FALSE(s.try_acquire());
  });
}

TEST_P(semaphore_test, serves_first_come_first_even_against_newcomers) {
  in_place([] {
    semaphore s(0);
    std::vector<int> order;
    std::mutex order_guard;
    workers crew(GetParam());
    for (int w = 0; w < 5; ++w) {
      crew.go([&, w] {
        s.acquire();
        const std::lock_guard guard(order_guard);
        order.push_back(w);
      });
      await_waiting(static_cast<std::size_t>(w) + 1, "semacquire");
    }
    for (std::size_t n = 1; n <= 5; ++n) {
      s.release();
      EXPECT_FALSE(s.try_acquire());  // it has been given away
      await([&] {
        const std::lock_guard guard(order_guard);
        return order.size() == n;
      });
    }
    EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
  });
}

TEST_P(semaphore_test, release_of_many_wakes_as_many_and_keeps_the_rest) {
  in_place([] {
    semaphore s(0);
    workers crew(GetParam());
    for (int w = 0; w < 3; ++w) crew.go([&] { s.acquire(); });
    await_waiting(3, "semacquire");
    s.release(5);
    crew.wait();
    EXPECT_TRUE(s.try_acquire());
    EXPECT_TRUE(s.try_acquire());
    EXPECT_FALSE(s.try_acquire());
  });
}

TEST_P(semaphore_test, deadlines_lose_no_permit) {
  in_place([] {
    semaphore s(2);
    {
      workers crew(GetParam());
      for (int w = 0; w < 6; ++w)
        crew.go([&] {
          for (int i = 0; i < 1000; ++i) {
            if (!s.try_acquire_for(std::chrono::microseconds(i % 60))) continue;
            if (i % 32 == 0) std::this_thread::sleep_for(20us);
            s.release();
          }
        });
    }
    EXPECT_TRUE(s.try_acquire());
    EXPECT_TRUE(s.try_acquire());
    EXPECT_FALSE(s.try_acquire());
  });
}

TEST_P(semaphore_test, may_be_destroyed_when_acquire_returns) {
  in_place([] {
    for (int i = 0; i < 1000; ++i) {
      auto s = std::make_unique<semaphore>(0);
      workers crew(GetParam());
      crew.go([&s = *s] { s.release(); });
      s->acquire();
      s.reset();
    }
  });
}

}  // namespace
}  // namespace gander
