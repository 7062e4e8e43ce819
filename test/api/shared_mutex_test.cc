// SPDX-License-Identifier: Apache-2.0
#include <gander/sync/shared_mutex.h>

#include <mutex>
#include <shared_mutex>

#include "support/await.h"
#include "support/build.h"
#include "support/everywhere.h"

namespace gander {
namespace {

using namespace std::chrono_literals;
using testing::await;
using testing::await_waiting;
using testing::workers;

class shared_mutex_test : public testing::everywhere {};
GANDER_EVERYWHERE(shared_mutex_test);

constinit shared_mutex in_static_storage;

// What may be had beside what is held.
TEST(shared_mutex, table_of_try_locks) {
  shared_mutex& m = in_static_storage;
  ASSERT_TRUE(m.try_lock());
  EXPECT_FALSE(m.try_lock());
  EXPECT_FALSE(m.try_lock_shared());
  EXPECT_FALSE(m.try_lock_for(1ms));
  EXPECT_FALSE(m.try_lock_shared_for(1ms));
  m.unlock();
  ASSERT_TRUE(m.try_lock_shared());
  EXPECT_TRUE(m.try_lock_shared());
  EXPECT_FALSE(m.try_lock());
  EXPECT_FALSE(m.try_lock_until(std::chrono::system_clock::now() + 1ms));
  EXPECT_TRUE(m.try_lock_shared_until(
      std::chrono::system_clock::now()));  // the writer that gave up is forgotten
  m.unlock_shared();
  m.unlock_shared();
  m.unlock_shared();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TEST(shared_mutex, works_with_the_standard_guards) {
  shared_mutex m;
  {
    const std::shared_lock a(m);
    const std::shared_lock b(m, 1s);
    EXPECT_TRUE(b.owns_lock());
    EXPECT_FALSE(std::unique_lock(m, std::try_to_lock).owns_lock());
  }
  const std::unique_lock c(m, 1s);
  EXPECT_TRUE(c.owns_lock());
}

TEST(shared_mutex_death, unlocking_what_is_not_locked_is_fatal) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto exits_2 = ::testing::ExitedWithCode(2);
  EXPECT_EXIT(shared_mutex().unlock(), exits_2, "fatal error: sync: Unlock of unlocked RWMutex");
  EXPECT_EXIT(shared_mutex().unlock_shared(), exits_2,
              "fatal error: sync: RUnlock of unlocked RWMutex");
  const auto unlock_of_reader = [] {
    shared_mutex m;
    m.lock_shared();
    m.unlock();
  };
  EXPECT_EXIT(unlock_of_reader(), exits_2, "sync: Unlock of unlocked RWMutex");
  const auto unlock_shared_of_writer = [] {
    shared_mutex m;
    m.lock();
    m.unlock_shared();
  };
  EXPECT_EXIT(unlock_shared_of_writer(), exits_2, "sync: RUnlock of unlocked RWMutex");
}

TEST_P(shared_mutex_test, readers_share_and_writers_exclude) {
  in_place([] {
    shared_mutex m;
    std::atomic<int> reading{0}, writing{0};
    long plain = 0;
    {
      workers crew(GetParam());
      for (int w = 0; w < 4; ++w)
        crew.go([&] {
          for (int i = 0; i < 2000; ++i) {
            const std::shared_lock guard(m);
            ++reading;
            EXPECT_EQ(writing, 0);
            if (i % 128 == 0) std::this_thread::sleep_for(50us);
            --reading;
          }
        });
      for (int w = 0; w < 2; ++w)
        crew.go([&] {
          for (int i = 0; i < 2000; ++i) {
            const std::unique_lock guard(m);
            EXPECT_EQ(++writing, 1);
            EXPECT_EQ(reading, 0);
            ++plain;
            if (i % 256 == 0) std::this_thread::sleep_for(50us);
            --writing;
          }
        });
    }
    EXPECT_EQ(plain, 4000);
  });
}

// Go's order: reader, then a writer that waits, then a reader that must wait behind it.
TEST_P(shared_mutex_test,
       waiting_writer_keeps_readers_out_and_readers_come_before_the_next_writer) {
  in_place([] {
    shared_mutex m;
    std::string order;
    std::mutex order_guard;
    const auto note = [&](char c) {
      const std::lock_guard guard(order_guard);
      order += c;
    };
    m.lock_shared();
    workers crew(GetParam());
    const auto write = [&](char c) {
      m.lock();
      note(c);
      m.unlock();
    };
    crew.go([&] { write('w'); });
    await_waiting(1, "sync.RWMutex.Lock");
    EXPECT_FALSE(m.try_lock_shared());
    crew.go([&] {
      m.lock_shared();
      note('r');
      m.unlock_shared();
    });
    await_waiting(1, "sync.RWMutex.RLock");
    crew.go([&] { write('W'); });
    await_waiting(2, "sync.RWMutex.Lock");
    EXPECT_EQ(order, "");
    m.unlock_shared();
    crew.wait();
    EXPECT_EQ(order, "wrW");
  });
}

TEST_P(shared_mutex_test, writer_that_gives_up_lets_the_readers_behind_it_in) {
  in_place([] {
    shared_mutex m;
    m.lock_shared();
    workers crew(GetParam());
    std::atomic<bool> read{false}, gave_up{false};
    crew.go([&] { gave_up = !m.try_lock_for(50ms); });
    // Whoever is stopped here for so long sees only that the writer has gone.
    await([&] { return gave_up || testing::waiting("sync.RWMutex.Lock") != 0; });
    crew.go([&] {
      m.lock_shared();
      read = true;
      m.unlock_shared();
    });
    await([&] { return read.load(); });  // though the first reader never unlocks
    m.unlock_shared();
    crew.wait();
    EXPECT_TRUE(gave_up);
    EXPECT_TRUE(m.try_lock());
  });
}

TEST_P(shared_mutex_test, deadlines_lose_no_wakeup) {
  in_place([] {
    shared_mutex m;
    long plain = 0;
    std::atomic<long> written{0};
    {
      workers crew(GetParam());
      for (int w = 0; w < 6; ++w)
        crew.go([&, w] {
          for (int i = 0; i < 1000; ++i) {
            const auto limit = std::chrono::microseconds(i % 60);
            if (w < 3) {
              if (w == 0) m.lock();
              if (w != 0 && !m.try_lock_for(limit)) continue;
              ++plain;
              ++written;
              if (i % 32 == 0) std::this_thread::sleep_for(20us);
              m.unlock();
            } else {
              if (w == 3) m.lock_shared();
              if (w != 3 && !m.try_lock_shared_for(limit)) continue;
              if (i % 32 == 0) std::this_thread::sleep_for(20us);
              m.unlock_shared();
            }
          }
        });
    }
    EXPECT_EQ(plain, written);
    EXPECT_TRUE(m.try_lock());
  });
}

// Readers that leave meet others who come and queue for a moment.
TEST_P(shared_mutex_test, loses_no_reader_where_readers_and_writers_come_and_go) {
  in_place([] {
    constexpr int rounds = gander::testing::scaled(10, 5, 2);
    constexpr int turns = gander::testing::scaled(5000, 2000, 500);
    for (int round = 0; round < rounds; ++round) {
      shared_mutex m;
      {
        workers crew(GetParam());
        for (int w = 0; w < 8; ++w)
          crew.go([&m, w] {
            for (int i = 0; i < turns; ++i) {
              if ((i + w) % 4 == 0) {
                m.lock();
                m.unlock();
              } else {
                m.lock_shared();
                m.unlock_shared();
              }
            }
          });
      }
      EXPECT_TRUE(m.try_lock());
    }
  });
}

TEST_P(shared_mutex_test, may_be_destroyed_by_the_last_to_unlock) {
  in_place([] {
    for (int i = 0; i < 1000; ++i) {
      struct shared {
        shared_mutex m;
        std::atomic<int> left{4};
      };
      auto* s = new shared;
      workers crew(GetParam());
      for (int w = 0; w < 4; ++w)
        crew.go([s, w] {
          if (w % 2 == 0) {
            s->m.lock();
          } else {
            s->m.lock_shared();
            s->m.unlock_shared();
            s->m.lock();
          }
          const bool last = --s->left == 0;
          s->m.unlock();
          if (last) delete s;
        });
    }
  });
}

}  // namespace
}  // namespace gander
