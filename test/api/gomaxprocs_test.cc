// SPDX-License-Identifier: Apache-2.0
//
// GOMAXPROCS: told, set, and changed under whatever goroutines are doing.
#include <gander/gander.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "support/build.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;

TEST(gomaxprocs, tells_and_sets) {
  run({.gomaxprocs = 2}, [] {
    EXPECT_EQ(gomaxprocs(), 2);
    EXPECT_EQ(gomaxprocs(5), 2);
    EXPECT_EQ(gomaxprocs(0), 5);
    EXPECT_EQ(gomaxprocs(-3), 5);
    EXPECT_EQ(gomaxprocs(99'999), 5);
    EXPECT_EQ(gomaxprocs(1), 1024);
    EXPECT_EQ(gomaxprocs(), 1);
  });
}

// Everybody changes it while everybody works: nothing is lost and nobody stands still.
TEST(gomaxprocs, changes_under_load_from_many_goroutines) {
  run({.gomaxprocs = 4}, [] {
    constexpr int changers = 4;
    constexpr int workers = 50;
    constexpr int changes = scaled(100, 60, 20);
    std::atomic<bool> stop{false};
    const auto ring = make_chan<int>(16);
    wait_group changing;
    wait_group working;
    changing.add(changers);
    working.add(2 * workers);
    std::atomic<long> sent{0};
    std::atomic<long> received{0};
    for (int i = 0; i < workers; ++i) {
      go([&, ring] {
        while (!stop) {
          ring.send(1);
          ++sent;
        }
        working.done();
      });
      go([&, ring] {
        while (auto value = ring.recv()) received += *value;
        working.done();
      });
    }
    for (int i = 0; i < changers; ++i)
      go([&, i] {
        for (int n = 0; n < changes; ++n) gomaxprocs(1 + (n * 7 + i * 3) % 9);
        changing.done();
      });
    changing.wait();
    const long before = received;
    while (received < before + 1000) yield();  // it still goes on
    stop = true;
    while (num_goroutine() > workers + 1) yield();  // the senders have ended
    ring.close();
    working.wait();
    EXPECT_EQ(sent, received);
    EXPECT_GE(gomaxprocs(), 1);
    EXPECT_LE(gomaxprocs(), 9);
  });
}

// Their threads give Ps away while the scheduler stops.
TEST(gomaxprocs, changes_while_goroutines_on_threads_of_their_own_park) {
  run({.gomaxprocs = 3}, [] {
    constexpr int pairs = 3;
    std::atomic<bool> stop{false};
    wait_group all;
    all.add(2 * pairs);
    for (int i = 0; i < pairs; ++i) {
      const auto there = make_chan<int>();
      const auto back = make_chan<int>();
      go([&, there, back] {
        const pin_thread pinned;
        while (!stop) {
          there.send(1);
          EXPECT_EQ(back.recv(), 2);
        }
        there.close();
        all.done();
      });
      go([&, there, back] {
        const pin_thread pinned;
        while (there.recv()) back.send(2);
        all.done();
      });
    }
    for (int n = 0; n < scaled(2000, 1000, 100); ++n) gomaxprocs(1 + n % 4);
    stop = true;
    all.wait();
  });
}

TEST(gomaxprocs, changes_while_goroutines_are_in_user_code) {
  run({.gomaxprocs = 3}, [] {
    std::atomic<bool> stop{false};
    wait_group all;
    all.add(4);
    std::atomic<int> reached{0};
    for (int i = 0; i < 2; ++i) {
      go([&] {
        ++reached;
        while (!stop) {
        }
        all.done();
      });
      go([&] {
        ++reached;
        while (!stop) std::this_thread::sleep_for(1ms);
        all.done();
      });
    }
    while (reached < 4) yield();
    for (int n = 0; n < scaled(200, 100, 20); ++n) gomaxprocs(1 + n % 5);
    stop = true;
    all.wait();
  });
}

}  // namespace
}  // namespace gander::testing
