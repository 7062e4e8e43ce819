// SPDX-License-Identifier: Apache-2.0
//
// Runs after runs, and what the scheduler does between goroutines that are bound to threads,
// blocked ones, and changes of GOMAXPROCS.
#include <gander/chan.h>
#include <gander/go.h>
#include <gander/run.h>
#include <gander/select.h>
#include <gander/sync.h>
#include <gander/time.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <new>
#include <thread>

#include "support/await.h"

namespace gander {
namespace {

using namespace std::chrono_literals;

struct user_moved {
  user_moved() = default;
  user_moved(user_moved&&) noexcept(false) {}
};

// Threads that have slept without work before are the ones that goroutines bind.
TEST(world, binds_goroutines_to_threads_that_have_slept) {
  run_options options;
  options.gomaxprocs = 4;
  run(options, [] {
    for (int round = 0; round < 50; ++round) {
      wait_group all;
      for (int i = 0; i < 8; ++i) {
        all.go([] {
          const pin_thread pinned;
          const pid_t thread = ::gettid();
          for (int turn = 0; turn < 5; ++turn) yield();
          EXPECT_EQ(::gettid(), thread);
        });
      }
      all.wait();
      std::this_thread::sleep_for(200us);  // some fall asleep: in many rounds, some at any moment
    }
  });
}

// A stop must get the Ps that Ms hand off while it comes: of bound goroutines that park, and of
// threads that end.
TEST(world, changes_gomaxprocs_while_threads_give_up_their_ps) {
  run_options options;
  options.gomaxprocs = 4;
  run(options, [] {
    std::atomic<bool> done{false};
    wait_group all;
    for (int i = 0; i < 4; ++i) {
      all.go([&] {
        while (!done) {
          const pin_thread pinned;
          auto c = make_chan<int>();
          go([c] { c.send(1); });
          EXPECT_EQ(c.recv(), 1);
        }
      });
    }
    all.go([&] {
      while (!done) spawn([] { lock_os_thread(); }).join();
    });
    // A tenth of a second alone; but a stop waits for threads that a busy machine lets wait.
    const auto enough = std::chrono::steady_clock::now() + 5s;
    for (int i = 0; i < 2000 && std::chrono::steady_clock::now() < enough; ++i)
      gomaxprocs(1 + i % 5);
    done = true;
    all.wait();
  });
}

// It learns that it has lost its P in a call that does not park; then its run ends; then it comes
// back, between two runs or in the next one.
TEST(world, never_schedules_a_goroutine_of_an_earlier_run) {
  for (const bool in_next_run : {false, true}) {
    std::atomic<bool> in_user_code{false}, lost_its_place{false}, knows{false};
    std::atomic<bool> may_go_on{false}, goes_on{false}, ran_on{false};
    run_options options;
    options.gomaxprocs = 1;
    options.grace = 0ns;
    auto c = make_chan<int>(1);
    run(options, [&] {
      go([&, c] {
        in_user_code = true;
        testing::await([&] { return lost_its_place.load(); });
        (void)c.try_send(1);
        knows = true;
        testing::await([&] { return may_go_on.load(); });
        goes_on = true;
        yield();
        ran_on = true;
      });
      while (!in_user_code) yield();
      lost_its_place = true;  // there is one, and main has it
      testing::await([&] { return knows.load(); });
    });
    const auto let_it_go_on = [&] {
      may_go_on = true;
      testing::await([&] { return goes_on.load(); });
    };
    // Nothing tells that it will never run on. The longer this waits, the surer it is.
    constexpr auto a_while = 30ms;
    if (!in_next_run) {
      let_it_go_on();
      std::this_thread::sleep_for(a_while);
    }
    run(options, [&] {
      let_it_go_on();
      const auto end = std::chrono::steady_clock::now() + a_while;
      while (std::chrono::steady_clock::now() < end) yield();
    });
    EXPECT_FALSE(ran_on);
    EXPECT_EQ(c.recv(), 1);
  }
}

// Between two runs there is nobody who could receive, though some had queued before the end.
TEST(world, nobody_of_an_ended_run_is_served_after_it) {
  const auto plain = make_chan<int>();
  const auto by_hand_off = make_chan<user_moved>();
  const auto by_cells = make_chan<user_moved>(1);
  mutex locked;
  shared_mutex locked_shared;
  semaphore permits(0);
  condition_variable changed;
  locked.lock();
  locked_shared.lock();
  run([&] {
    go([&] { (void)plain.recv(); });
    go([&] { (void)by_hand_off.recv(); });
    go([&] { (void)by_cells.recv(); });
    go([&] { select(on_recv(plain), on_recv(by_hand_off), on_recv(by_cells)); });
    go([&] { locked.lock(); });
    go([&] { locked_shared.lock(); });
    go([&] { locked_shared.lock_shared(); });
    go([&] { permits.acquire(); });
    go([&] {
      mutex m;
      std::unique_lock held(m);
      changed.wait(held);
    });
    while (num_goroutine() < 10) yield();
    for (int i = 0; i < 100; ++i) yield();
  });

  EXPECT_FALSE(plain.try_send(1));
  EXPECT_FALSE(by_hand_off.try_send(user_moved()));
  EXPECT_TRUE(by_cells.try_send(user_moved()));
  EXPECT_TRUE(by_cells.try_recv());
  locked.unlock();
  EXPECT_TRUE(locked.try_lock());
  locked_shared.unlock();
  EXPECT_TRUE(locked_shared.try_lock());
  permits.release();
  EXPECT_TRUE(permits.try_acquire());
  std::atomic<bool> locks{false}, woken{false};
  mutex m;
  std::thread waiter([&] {
    std::unique_lock held(m);
    locks = true;
    woken = changed.wait_for(held, 10s) == std::cv_status::no_timeout;
  });
  while (!locks) std::this_thread::yield();
  m.lock();  // free once it waits
  m.unlock();
  changed.notify_one();
  waiter.join();
  EXPECT_TRUE(woken);
}

// A goroutine whose run ends while it is in user code stays in its next call, whichever that is.
TEST(world, whoever_outlives_it_stays_in_the_next_call) {
  using call = void (*)();
  constexpr call calls[] = {
      [] { go([] {}); },
      [] { spawn([] {}); },
      [] {
        wait_group group;
        group.go([] {});
      },
      [] { gomaxprocs(3); },
      [] { (void)timer(1h); },
      [] { (void)make_chan<int>(1).try_send(1); },
  };
  for (const bool in_next_run : {false, true}) {
    for (const call next_call : calls) {
      std::atomic<bool> started{false}, may_go_on{false}, goes_on{false}, passed{false};
      run({.gomaxprocs = 2, .grace = 0ns}, [&] {
        go([&, next_call] {
          started = true;
          while (!may_go_on) std::this_thread::sleep_for(100us);
          goes_on = true;
          next_call();
          passed = true;
        });
        while (!started) yield();
      });
      const auto let_go = [&] {
        may_go_on = true;
        while (!goes_on) std::this_thread::sleep_for(100us);
        std::this_thread::sleep_for(5ms);
      };
      if (in_next_run) {
        run({.gomaxprocs = 2}, let_go);
      } else {
        let_go();
      }
      EXPECT_FALSE(passed);
    }
  }
}

// Who waits for the stop when the run ends must not take it to the grave.
TEST(world, ends_while_others_change_gomaxprocs) {
  std::atomic<bool> done{false};
  std::thread outsider([&] {
    for (int n = 1; !done; ++n) gomaxprocs(1 + n % 4);
  });
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> changes{0};
    run({.gomaxprocs = 3, .grace = 10s}, [&changes] {
      for (int i = 0; i < 4; ++i)
        go([&changes, i] {
          for (int n = 1;; ++n) {
            gomaxprocs(1 + (i + n) % 4);
            ++changes;
          }
        });
      while (changes < 10) yield();
    });
  }
  done = true;
  outsider.join();
}

TEST(world, those_of_ended_runs_do_not_count_for_the_limit) {
  for (int round = 0; round < 3; ++round) {
    run({.max_goroutines = 50}, [] {
      std::size_t started = 0;
      const auto start_all = [&] {
        constexpr std::size_t far_too_many = 1'000;
        for (; started < far_too_many; ++started) go([] { make_chan<void>().recv(); });
      };
      EXPECT_THROW(start_all(), std::bad_alloc);
      EXPECT_EQ(started, 49u);
    });
  }
}

}  // namespace
}  // namespace gander
