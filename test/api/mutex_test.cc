// SPDX-License-Identifier: Apache-2.0
#include <gander/sync/mutex.h>

#include <mutex>

#include "support/crew.h"

namespace gander {
namespace {

using namespace std::chrono_literals;
using testing::await;
using testing::crew;

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
      crew workers(GetParam());
      for (int w = 0; w < 8; ++w)
        workers.go([&] {
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
// turns starvation mode on: two more unlocks suffice.
TEST_P(mutex_test, hands_over_to_a_waiter_that_starves) {
  in_place([] {
    for (int round = 0; round < 20; ++round) {
      mutex m;
      std::atomic<bool> waits{false}, got{false};
      crew workers(GetParam());
      m.lock();
      workers.go([&] {
        waits = true;
        m.lock();
        got = true;
        m.unlock();
      });
      await([&] { return waits.load(); });
      int rounds_while_waiting = 0;
      std::this_thread::sleep_for(2ms);
      while (!got) {
        ++rounds_while_waiting;
        m.unlock();
        m.lock();
        std::this_thread::sleep_for(1500us);
      }
      m.unlock();
      EXPECT_LE(rounds_while_waiting, 5);
    }
  });
}

// Three hammers that hold the mutex nearly always, and one who locks rarely. It counts how often
// they lock while it waits: they may win for 1 ms, some dozens of times, but without hand-over
// hundreds of times and more.
TEST_P(mutex_test, nobody_starves) {
  in_place([] {
    mutex m;
    std::atomic<bool> stop{false};
    std::atomic<int> locked{0};
    crew workers(GetParam());
    for (int w = 0; w < 3; ++w)
      workers.go([&] {
        while (!stop) {
          const std::lock_guard guard(m);
          ++locked;
          std::this_thread::sleep_for(100us);
        }
      });
    for (int i = 0; i < 10; ++i) {
      std::this_thread::sleep_for(1ms);
      const int before = locked;
      const std::lock_guard guard(m);
      EXPECT_LE(locked - before, 60);
    }
    stop = true;
  });
}

TEST_P(mutex_test, timed_lock_gives_up_and_leaves_no_trace) {
  in_place([] {
    timed_mutex m;
    m.lock();
    {
      crew workers(GetParam());
      for (int w = 0; w < 4; ++w)
        workers.go([&] {
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
    crew workers(GetParam());
    std::atomic<int> got{0};
    workers.go([&] {
      EXPECT_TRUE(m.try_lock_for(std::chrono::hours::max()));
      ++got;
      m.unlock();
    });
    workers.go([&] {
      EXPECT_TRUE(m.try_lock_until(std::chrono::system_clock::now() + 1h));
      ++got;
      m.unlock();
    });
    std::this_thread::sleep_for(2ms);
    m.unlock();
    workers.wait();
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
      crew workers(GetParam());
      for (int w = 0; w < 6; ++w)
        workers.go([&, w] {
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
      crew workers(GetParam());
      for (int w = 0; w < 4; ++w)
        workers.go([s] {
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
