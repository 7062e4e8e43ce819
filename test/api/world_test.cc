// SPDX-License-Identifier: Apache-2.0
//
// Runs after runs, and what the scheduler does between goroutines that are bound to threads,
// blocked ones, and changes of GOMAXPROCS.
#include <gtest/gtest.h>

#include <gander/chan.h>
#include <gander/go.h>
#include <gander/run.h>
#include <gander/sync.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

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
      std::this_thread::sleep_for(200us);
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
    std::atomic<bool> knows{false}, may_go_on{false}, ran_on{false};
    run_options options;
    options.gomaxprocs = 1;
    options.grace = 0ns;
    auto c = make_chan<int>(1);
    run(options, [&] {
      go([&, c] {
        std::this_thread::sleep_for(50ms);  // long enough for its P to be taken
        (void)c.try_send(1);
        knows = true;
        while (!may_go_on) std::this_thread::sleep_for(100us);
        yield();
        ran_on = true;
      });
      while (!knows) {
        yield();
        std::this_thread::sleep_for(100us);
      }
    });
    if (!in_next_run) {
      may_go_on = true;
      std::this_thread::sleep_for(50ms);
    }
    run(options, [&] {
      may_go_on = true;
      for (int i = 0; i < 100; ++i) {
        yield();
        std::this_thread::sleep_for(500us);
      }
    });
    EXPECT_FALSE(ran_on);
    EXPECT_EQ(c.recv(), 1);
  }
}

}  // namespace
}  // namespace gander
