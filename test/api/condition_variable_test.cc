// SPDX-License-Identifier: Apache-2.0
#include <gander/select.h>
#include <gander/sync/condition_variable.h>
#include <gander/sync/shared_mutex.h>

#include <memory>
#include <optional>
#include <shared_mutex>
#include <stop_token>

#include "support/await.h"
#include "support/everywhere.h"

namespace gander {
namespace {

using namespace std::chrono_literals;
using testing::await;
using testing::workers;

class condition_variable_test : public testing::everywhere {};
GANDER_EVERYWHERE(condition_variable_test);

constinit condition_variable in_static_storage;

// A lock of the user's own, which is not known to the library.
struct user_lock {
  void lock() { m.lock(); }
  void unlock() {
    if (throws_once) {
      throws_once = false;
      throw 1;
    }
    m.unlock();
  }
  mutex m;
  bool throws_once = false;
};

// One waiter after the other queues; notify_one() wakes them in that order, whatever lock they wait
// with.
TEST_P(condition_variable_test, wakes_first_in_first_out) {
  in_place([] {
    mutex m;
    condition_variable changed;
    std::atomic<int> waiting{0};
    std::vector<int> order;
    workers crew(GetParam());
    for (int w = 0; w < 6; ++w) {
      crew.go([&, w] {
        std::unique_lock lock(m);
        ++waiting;
        if (w % 2 == 0) {
          changed.wait(lock);
        } else {
          changed.wait(m);  // as condition_variable_any: any Lockable
        }
        order.push_back(w);
      });
      await([&] { return waiting == w + 1; });
      const std::lock_guard until_it_waits(m);
    }
    for (std::size_t n = 1; n <= 6; ++n) {
      changed.notify_one();
      await([&] {
        const std::lock_guard lock(m);
        return order.size() == n;
      });
    }
    EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4, 5}));
  });
}

TEST_P(condition_variable_test, notifications_before_a_wait_are_not_kept) {
  in_place([] {
    mutex m;
    condition_variable changed;
    changed.notify_one();
    changed.notify_all();
    std::unique_lock lock(m);
    EXPECT_EQ(changed.wait_for(lock, 1ms), cv_status::timeout);
    EXPECT_EQ(changed.wait_until(m, std::chrono::system_clock::now() + 1ms), cv_status::timeout);
    EXPECT_EQ(changed.wait_for(lock, -1s), cv_status::timeout);
    EXPECT_FALSE(changed.wait_for(lock, 1ms, [] { return false; }));
    EXPECT_TRUE(changed.wait_for(lock, 0s, [] { return true; }));
    EXPECT_TRUE(lock.owns_lock());
    EXPECT_FALSE(m.try_lock());
  });
}

// A queue of one place between producers and consumers: a lost wakeup hangs it.
template <typename Mutex, typename Lock>
void ping_pong() {
  Mutex m;
  condition_variable filled, emptied;
  std::optional<int> place;
  long sum = 0;
  {
    workers crew(condition_variable_test::GetParam());
    for (int w = 0; w < 3; ++w) {
      crew.go([&] {
        for (int i = 1; i <= 1000; ++i) {
          Lock lock(m);
          emptied.wait(lock, [&] { return !place; });
          place = i;
          filled.notify_one();
        }
      });
      crew.go([&] {
        for (int i = 1; i <= 1000; ++i) {
          Lock lock(m);
          while (!filled.wait_for(lock, std::chrono::microseconds(i % 200),
                                  [&] { return place.has_value(); })) {
          }
          sum += *place;
          place.reset();
          lock.unlock();
          emptied.notify_one();
        }
      });
    }
  }
  EXPECT_EQ(sum, 3L * 1000 * 1001 / 2);
}

TEST_P(condition_variable_test, loses_no_wakeup) {
  in_place([] {
    ping_pong<mutex, std::unique_lock<mutex>>();
    ping_pong<user_lock, std::unique_lock<user_lock>>();
  });
}

TEST_P(condition_variable_test, notify_all_wakes_readers_of_a_shared_mutex) {
  in_place([] {
    shared_mutex m;
    condition_variable changed;
    std::atomic<int> waiting{0};
    bool go = false;
    workers crew(GetParam());
    for (int w = 0; w < 4; ++w)
      crew.go([&] {
        std::shared_lock lock(m);
        ++waiting;
        changed.wait(lock, [&] { return go; });
      });
    await([&] { return waiting == 4; });
    {
      const std::lock_guard lock(m);
      go = true;
    }
    changed.notify_all();
  });
}

TEST_P(condition_variable_test, exceptions_leave_nothing_queued) {
  in_place([] {
    user_lock m;
    condition_variable changed;
    m.lock();
    m.throws_once = true;
    EXPECT_THROW(changed.wait(m), int);
    EXPECT_THROW(changed.wait(m, []() -> bool { throw 2; }), int);
    m.unlock();
    // A waiter that is still there after all would swallow this.
    std::atomic<bool> waits{false}, woken{false};
    workers crew(GetParam());
    crew.go([&] {
      std::unique_lock lock(m);
      waits = true;
      changed.wait(lock);
      woken = true;
    });
    await([&] { return waits.load(); });
    m.lock();
    m.unlock();
    changed.notify_one();
    await([&] { return woken.load(); });
  });
}

// The predicate uses the same condition variable and mutex from inside: nothing of ours is held.
TEST_P(condition_variable_test, predicates_may_call_anything) {
  in_place([] {
    mutex m;
    condition_variable changed;
    std::atomic<int> calls{0};
    workers crew(GetParam());
    crew.go([&] {
      await([&] {
        changed.notify_all();
        return calls == 3;
      });
    });
    std::unique_lock lock(m);
    changed.wait(lock, [&] {
      changed.notify_all();
      changed.wait_for(lock, 1us);
      return ++calls == 3;
    });
    EXPECT_EQ(calls, 3);
  });
}

TEST_P(condition_variable_test, stop_requests_end_a_wait) {
  in_place([] {
    for (int i = 0; i < 300; ++i) {
      mutex m;
      condition_variable changed;
      std::stop_source source;
      workers crew(GetParam());
      for (int w = 0; w < 2; ++w)
        crew.go([&, w] {
          std::unique_lock lock(m);
          const auto never = [] { return false; };
          EXPECT_FALSE(w == 0 ? changed.wait(lock, source.get_token(), never)
                              : changed.wait_for(lock, source.get_token(), 1h, never));
          EXPECT_TRUE(lock.owns_lock());
        });
      if (i % 2 == 0) std::this_thread::sleep_for(std::chrono::microseconds(i));
      source.request_stop();
    }
  });
}

TEST(condition_variable, stop_token_table) {
  mutex m;
  condition_variable& changed = in_static_storage;
  std::unique_lock lock(m);
  std::stop_source source;
  const auto yes = [] { return true; };
  const auto no = [] { return false; };
  EXPECT_FALSE(changed.wait_for(lock, source.get_token(), 1ms, no));
  EXPECT_TRUE(changed.wait(lock, source.get_token(), yes));
  EXPECT_FALSE(
      changed.wait_until(lock, source.get_token(), std::chrono::system_clock::now() + 1ms, no));
  source.request_stop();
  EXPECT_FALSE(changed.wait(lock, source.get_token(), no));
  EXPECT_TRUE(changed.wait(lock, source.get_token(), yes));
  EXPECT_FALSE(changed.wait_for(lock, source.get_token(), 1h, no));
  EXPECT_FALSE(changed.wait_for(lock, std::stop_token(), 1ms, no));  // no source: only the deadline
}

// As the standard allows: all have been notified, some are still on their way out.
TEST_P(condition_variable_test, may_be_destroyed_once_all_are_notified) {
  in_place([] {
    for (int i = 0; i < 500; ++i) {
      mutex m;
      auto changed = std::make_unique<condition_variable>();
      std::atomic<int> waiting{0};
      bool go = false;
      workers crew(GetParam());
      for (int w = 0; w < 3; ++w)
        crew.go([&, w] {
          condition_variable& mine = *changed;
          std::unique_lock lock(m);
          ++waiting;
          if (w == 0) mine.wait(lock);
          if (w == 1) mine.wait_for(lock, 1h);
          if (w == 2) mine.wait(m);
          EXPECT_TRUE(go);
        });
      await([&] { return waiting == 3; });
      {
        const std::lock_guard lock(m);
        go = true;
        changed->notify_all();
        // Destroyed under the mutex: with it free, the waiters could leave first.
        if (i % 2 == 0) changed.reset();
      }
      changed.reset();
    }
  });
}

// The waiter is queued already while the user's unlock() runs, and a notification meanwhile must
// not be taken for that of the select.
struct selecting_lock {
  chan<int> out, in;
  void lock() {}
  void unlock() {
    out.send(1);
    std::optional<int> got;
    EXPECT_EQ(select(on_recv(in, got), on_recv(out)), 0u);
    EXPECT_EQ(got, 2);
  }
};

TEST_P(condition_variable_test, the_lock_may_select) {
  in_place([] {
    for (int round = 0; round < 50; ++round) {
      condition_variable changed;
      selecting_lock lock{make_chan<int>(), make_chan<int>()};
      workers crew(GetParam());
      crew.go([&] {
        (void)lock.out.recv();
        while (!lock.in.try_send(2)) std::this_thread::yield();
        changed.notify_one();
      });
      changed.wait(lock);
    }
  });
}

}  // namespace
}  // namespace gander
