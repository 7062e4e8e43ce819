// SPDX-License-Identifier: Apache-2.0
//
// Runs after runs, and what the scheduler does between goroutines that are bound to threads,
// blocked ones, and changes of GOMAXPROCS.
#include <gander/chan.h>
#include <gander/go.h>
#include <gander/run.h>
#include <gander/sync.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "support/await.h"

namespace gander {
namespace {

using namespace std::chrono_literals;

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
    for (int i = 0; i < 2000; ++i) gomaxprocs(1 + i % 5);
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

}  // namespace
}  // namespace gander
