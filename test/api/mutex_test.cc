// SPDX-License-Identifier: Apache-2.0
#include <gander/sync/mutex.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "support/await.h"
#include "support/everywhere.h"

namespace gander {
namespace {

using namespace std::chrono_literals;
using testing::await_waiting;
using testing::workers;

class mutex_test : public testing::everywhere {};
GANDER_EVERYWHERE(mutex_test);

constinit mutex in_static_storage;
const bool usable_before_main = [] {
  const std::lock_guard guard(in_static_storage);
  return !in_static_storage.try_lock();
}();

TEST(mutex, works_before_main) { EXPECT_TRUE(usable_before_main); }

TEST(mutex, try_lock_fails_while_locked) {
  mutex m;
  EXPECT_TRUE(m.try_lock());
  EXPECT_FALSE(m.try_lock());
  m.unlock();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TEST(mutex, is_lockable_by_the_standard_guards) {
  mutex a, b;
  timed_mutex c;
  {
    const std::scoped_lock all(a, b, c);
    EXPECT_FALSE(a.try_lock() || b.try_lock() || c.try_lock());
  }
  {
    std::unique_lock lock(c, 1s);
    EXPECT_TRUE(lock.owns_lock());
    EXPECT_FALSE(c.try_lock_until(std::chrono::system_clock::now() + 1ms));
  }
  EXPECT_EQ(std::try_lock(a, b), -1);
  a.unlock();
  b.unlock();
}

TEST(mutex_death, unlock_of_unlocked_is_fatal) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        mutex m;
        m.unlock();
      },
      ::testing::ExitedWithCode(2), "fatal error: sync: unlock of unlocked mutex");
}

TEST_P(mutex_test, excludes) {
  in_place([] {
    mutex m;
    long plain = 0;
    {
      workers crew(GetParam());
      for (int w = 0; w < 8; ++w)
        crew.go([&] {
          for (int i = 0; i < 5000; ++i) {
            if (i % 3 == 0) {
              while (!m.try_lock()) std::this_thread::yield();
            } else {
              m.lock();
            }
            ++plain;
            m.unlock();
          }
        });
    }
    EXPECT_EQ(plain, 8 * 5000);
  });
}

// The owner holds it for longer than the starvation limit, unlocks and locks again at once, as a
// hammer does. In normal mode the waiter, who must be scheduled first, loses every time; so it is
// hand-over that lets it in. Its first wait ends with the first unlock, and the failure after it
// turns starvation mode on: two more unlocks suffice, once it has been scheduled.
TEST_P(mutex_test, hands_over_to_a_waiter_that_starves) {
  in_place([] {
    for (int round = 0; round < 20; ++round) {
      mutex m;
      std::atomic<bool> got{false};
      workers crew(GetParam());
      m.lock();
      crew.go([&] {
        m.lock();
        got = true;
        m.unlock();
      });
      await_waiting(1, "sync.Mutex.Lock");
      std::this_thread::sleep_for(2ms);  // beyond the limit
      constexpr int far_too_many = 200;  // a busy machine may let the waiter wait for its processor
      for (int turns = 0; !got && turns < far_too_many; ++turns) {
        m.unlock();
        m.lock();
        std::this_thread::sleep_for(1500us);
      }
      EXPECT_TRUE(got);
      m.unlock();
    }
  });
}

// Three hammers that hold the mutex nearly always, and one who locks rarely. It counts how often
// they lock while it waits: they may win for 1 ms, some dozens of times, but without hand-over
// hundreds of times and more. The median counts, since a busy machine may stop its thread on the
// way.
TEST_P(mutex_test, nobody_starves) {
  in_place([] {
    mutex m;
    std::atomic<bool> stop{false};
    std::atomic<int> locked{0};
    workers crew(GetParam());
    for (int w = 0; w < 3; ++w)
      crew.go([&] {
        while (!stop) {
          const std::lock_guard guard(m);
          ++locked;
          std::this_thread::sleep_for(100us);
        }
      });
    std::vector<int> lost;
    for (int i = 0; i < 11; ++i) {
      std::this_thread::sleep_for(1ms);  // rarely
      const int before = locked;
      const std::lock_guard guard(m);
      lost.push_back(locked - before);
    }
    stop = true;
    std::nth_element(lost.begin(), lost.begin() + 5, lost.end());
    EXPECT_LE(lost[5], 60);
  });
}

TEST_P(mutex_test, timed_lock_gives_up_and_leaves_no_trace) {
  in_place([] {
    timed_mutex m;
    m.lock();
    {
      workers crew(GetParam());
      for (int w = 0; w < 4; ++w)
        crew.go([&] {
          const auto start = std::chrono::steady_clock::now();
          EXPECT_FALSE(m.try_lock_for(5ms));
          EXPECT_GE(std::chrono::steady_clock::now() - start, 5ms);
          EXPECT_FALSE(m.try_lock_for(0s));
          EXPECT_FALSE(m.try_lock_for(-1h));
          EXPECT_FALSE(m.try_lock_until(std::chrono::steady_clock::time_point::min()));
        });
    }
    m.unlock();
    EXPECT_TRUE(m.try_lock_for(0s));
    m.unlock();
  });
}

TEST_P(mutex_test, timed_lock_gets_it_in_time) {
  in_place([] {
    timed_mutex m;
    m.lock();
    workers crew(GetParam());
    std::atomic<int> got{0};
    crew.go([&] {
      EXPECT_TRUE(m.try_lock_for(std::chrono::hours::max()));
      ++got;
      m.unlock();
    });
    crew.go([&] {
      EXPECT_TRUE(m.try_lock_until(std::chrono::system_clock::now() + 1h));
      ++got;
      m.unlock();
    });
    await_waiting(2, "sync.Mutex.Lock");
    m.unlock();
    crew.wait();
    EXPECT_EQ(got, 2);
  });
}

// Deadlines that come together with unlocks: a wakeup given to a waiter that gives up must not be
// lost.
TEST_P(mutex_test, no_wakeup_is_lost_to_a_deadline) {
  in_place([] {
    timed_mutex m;
    long plain = 0;
    std::atomic<long> locked{0};
    {
      workers crew(GetParam());
      for (int w = 0; w < 6; ++w)
        crew.go([&, w] {
          for (int i = 0; i < 1000; ++i) {
            if (w % 2 == 0) {
              m.lock();
            } else if (!m.try_lock_for(std::chrono::microseconds(i % 60))) {
              continue;
            }
            ++plain;
            ++locked;
            if (i % 16 == 0) std::this_thread::sleep_for(20us);
            m.unlock();
          }
        });
    }
    EXPECT_EQ(plain, locked);
  });
}

// The one who locks last frees the mutex while the unlock() before it may still be returning (for
// the address sanitizer).
TEST_P(mutex_test, may_be_destroyed_by_the_next_owner) {
  in_place([] {
    for (int i = 0; i < 2000; ++i) {
      struct shared {
        mutex m;
        int left = 4;
      };
      auto* s = new shared;
      workers crew(GetParam());
      for (int w = 0; w < 4; ++w)
        crew.go([s] {
          s->m.lock();
          const bool last = --s->left == 0;
          s->m.unlock();
          if (last) delete s;
        });
    }
  });
}

}  // namespace
}  // namespace gander
