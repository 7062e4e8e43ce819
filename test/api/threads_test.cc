// SPDX-License-Identifier: Apache-2.0
//
// Goroutines bound to threads, plain threads beside goroutines, and what travels with a goroutine.
#include <gander/gander.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/build.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;

int thread_number() { return static_cast<int>(::syscall(SYS_gettid)); }
bool thread_exists(int tid) {
  return std::filesystem::exists("/proc/self/task/" + std::to_string(tid));
}

// Parks, and lets others have the threads meanwhile.
void wander(int steps) {
  const auto c = make_chan<int>();
  for (int i = 0; i < steps; ++i) {
    go([c] { c.send(1); });
    EXPECT_TRUE(c.recv());
    yield();
    if (i % 16 == 0) static_cast<void>(make_chan<int>().recv_for(100us));
  }
}

// --- lock_os_thread ----------------------------------------------------------------------------

TEST(lock_os_thread, keeps_the_thread_across_parks) {
  run({.gomaxprocs = 4}, [] {
    wait_group all;
    all.add(8);
    std::atomic<bool> done{false};
    for (int i = 0; i < 4; ++i)
      go([&] {
        while (!done) yield();
        all.done();
      });
    std::mutex mutex;
    std::set<int> threads;
    for (int i = 0; i < 4; ++i)
      go([&] {
        wander(5);
        lock_os_thread();
        const int mine = thread_number();
        {
          const std::lock_guard locked(mutex);
          EXPECT_TRUE(threads.insert(mine).second) << "two share a thread";
        }
        for (int n = 0; n < scaled(200, 100, 50); ++n) {
          wander(1);
          EXPECT_EQ(thread_number(), mine);
        }
        {
          const std::lock_guard locked(mutex);
          threads.erase(mine);
        }
        unlock_os_thread();
        wander(5);
        all.done();
      });
    while (num_goroutine() > 5) yield();
    done = true;
    all.wait();
  });
}

TEST(lock_os_thread, works_in_main_and_on_one_p) {
  run({.gomaxprocs = 1}, [] {
    lock_os_thread();
    const int mine = thread_number();
    for (int i = 0; i < 100; ++i) {
      wander(1);
      EXPECT_EQ(thread_number(), mine);
    }
    unlock_os_thread();
    wander(3);
    const pin_thread pinned;
    wander(3);
  });
  EXPECT_EQ(run([] {
              lock_os_thread();
              return 4;
            }),
            4)
      << "main may end locked";
  EXPECT_EQ(run([] {
              wander(3);
              return 5;
            }),
            5);
}

TEST(lock_os_thread, nested_calls_count) {
  run({.gomaxprocs = 2}, [] {
    spawn([] {
      const pin_thread outer;
      const int mine = thread_number();
      {
        const pin_thread inner;
        wander(10);
      }
      lock_os_thread();
      unlock_os_thread();
      for (int i = 0; i < 50; ++i) {
        wander(1);
        EXPECT_EQ(thread_number(), mine);
      }
    }).join();
    unlock_os_thread();  // one too many: nothing
    wander(5);
  });
}

TEST(lock_os_thread, a_goroutine_that_ends_locked_ends_its_thread) {
  run({.gomaxprocs = 2}, [] {
    for (int i = 0; i < 20; ++i) {
      const int tid = spawn([] {
                        wander(2);
                        lock_os_thread();
                        wander(2);
                        return thread_number();
                      }).join();
      EXPECT_NE(tid, ::getpid());
      const auto deadline = std::chrono::steady_clock::now() + 10s;
      while (thread_exists(tid) && std::chrono::steady_clock::now() < deadline) yield();
      EXPECT_FALSE(thread_exists(tid));
    }
    wander(10);
  });
}

TEST(lock_os_thread, goexit_while_locked_ends_the_thread_too) {
  run({.gomaxprocs = 2}, [] {
    std::atomic<int> tid{0};
    auto ended = spawn([&tid] {
      lock_os_thread();
      tid = thread_number();
      goexit();
    });
    EXPECT_THROW(ended.join(), panic_error);
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (thread_exists(tid) && std::chrono::steady_clock::now() < deadline) yield();
    EXPECT_FALSE(thread_exists(tid));
  });
}

TEST(lock_os_thread, many_locked_goroutines_talk_to_each_other) {
  run({.gomaxprocs = 2}, [] {
    constexpr int stations = 10;
    std::vector<chan<int>> ring;
    for (int i = 0; i <= stations; ++i) ring.push_back(make_chan<int>());
    for (int i = 0; i < stations; ++i)
      go([in = ring[static_cast<std::size_t>(i)], out = ring[static_cast<std::size_t>(i) + 1]] {
        const pin_thread pinned;
        const int mine = thread_number();
        while (auto value = in.recv()) {
          EXPECT_EQ(thread_number(), mine);
          out.send(*value + 1);
        }
        out.close();
      });
    for (int n = 0; n < scaled(200, 100, 30); ++n) {
      ring.front().send(n);
      EXPECT_EQ(ring.back().recv(), n + stations);
    }
    ring.front().close();
    EXPECT_EQ(ring.back().recv(), std::nullopt);
  });
}

TEST(lock_os_thread, a_locked_one_that_blocks_or_computes_loses_only_its_p) {
  run({.gomaxprocs = 1}, [] {
    std::atomic<bool> stop{false};
    wait_group all;
    all.add(2);
    std::atomic<int> reached{0};
    go([&] {
      const pin_thread pinned;
      const int mine = thread_number();
      ++reached;
      while (!stop) std::this_thread::sleep_for(1ms);
      wander(3);
      EXPECT_EQ(thread_number(), mine);
      all.done();
    });
    go([&] {
      const pin_thread pinned;
      const int mine = thread_number();
      ++reached;
      while (!stop) {
      }
      wander(3);
      EXPECT_EQ(thread_number(), mine);
      all.done();
    });
    while (reached < 2) yield();
    wander(20);
    stop = true;
    all.wait();
  });
}

TEST(lock_os_thread, panics_on_a_plain_thread) {
  EXPECT_THROW(lock_os_thread(), panic_error);
  EXPECT_NO_THROW(unlock_os_thread());
}

TEST(lock_os_thread, std_mutex_may_be_held_across_parks_when_pinned) {
  run({.gomaxprocs = 4}, [] {
    std::mutex mutex;
    int inside = 0;
    wait_group all;
    all.add(4);
    for (int i = 0; i < 4; ++i)
      go([&] {
        for (int n = 0; n < 20; ++n) {
          const pin_thread pinned;
          const std::lock_guard locked(mutex);
          EXPECT_EQ(++inside, 1);
          wander(1);
          --inside;
        }
        all.done();
      });
    all.wait();
  });
}

// --- goid --------------------------------------------------------------------------------------

TEST(goid, is_unique_within_a_run_and_stable) {
  run({.gomaxprocs = 4}, [] {
    const auto ids = make_chan<std::uint64_t>(64);
    constexpr int count = 2000;
    for (int i = 0; i < count; ++i)
      go([ids] {
        const std::uint64_t mine = goid();
        yield();
        EXPECT_EQ(goid(), mine);
        ids.send(mine);
        EXPECT_EQ(goid(), mine);
      });
    std::set<std::uint64_t> seen{goid()};
    for (int i = 0; i < count; ++i) EXPECT_TRUE(seen.insert(*ids.recv()).second);
  });
}

TEST(goid, plain_threads_have_one_too) {
  const std::uint64_t here = goid();
  EXPECT_EQ(goid(), here);
  std::uint64_t there = 0;
  std::thread([&] { there = goid(); }).join();
  EXPECT_NE(here, there);
  run([here] { EXPECT_NE(goid(), here); });
  EXPECT_EQ(goid(), here) << "a run in between changed it";
}

// --- goroutine_local ---------------------------------------------------------------------------

TEST(plain_threads, send_receive_and_lock_beside_goroutines) {
  const auto c = make_chan<int>();
  const auto back = make_chan<long>(8);
  mutex guard;
  long total = 0;
  const auto sends = [&](int count) {
    for (int i = 1; i <= count; ++i) {
      c.send(i);
      const std::lock_guard locked(guard);
      total += i;
    }
  };
  constexpr int each = 300;
  std::vector<std::thread> before;  // they start to wait before there is a run
  for (int i = 0; i < 4; ++i) before.emplace_back(sends, each);
  run({.gomaxprocs = 2}, [&] {
    std::vector<std::thread> during;
    for (int i = 0; i < 4; ++i) during.emplace_back(sends, each);
    for (int i = 0; i < 4; ++i)
      go([&] {
        long sum = 0;
        for (int n = 0; n < 3 * each; ++n) {
          sum += *c.recv();
          const std::lock_guard locked(guard);
          total += 0;
        }
        back.send(sum);
      });
    wait_group senders;  // the last value may be received before its sender has counted it
    for (int i = 0; i < 4; ++i) senders.go([&] { sends(each); });
    long sum = 0;
    for (int i = 0; i < 4; ++i) sum += *back.recv();
    EXPECT_EQ(sum, 12L * each * (each + 1) / 2);
    senders.wait();
    for (auto& t : during) t.join();
  });
  for (auto& t : before) t.join();
  EXPECT_EQ(total, 12L * each * (each + 1) / 2);
  // And after it, among themselves.
  std::thread last([&] { EXPECT_EQ(c.recv(), 5); });
  c.send(5);
  last.join();
}

TEST(plain_threads, start_goroutines_of_the_run_that_is_on) {
  run({.gomaxprocs = 2}, [] {
    std::atomic<int> count{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&count] {
        for (int n = 0; n < 100; ++n) go([&count] { ++count; });
        EXPECT_EQ(spawn([] { return 9; }).join(), 9);
      });
    for (auto& t : threads) t.join();
    while (count < 400) yield();
    while (num_goroutine() != 1) yield();
  });
}

TEST(plain_threads, come_and_go) {
  static goroutine_local<std::shared_ptr<int>> local;
  const auto token = std::make_shared<int>(0);
  const auto c = make_chan<int>();
  run({.gomaxprocs = 2}, [&] {
    go([c] {
      while (auto value = c.recv()) {
      }
    });
    for (int i = 0; i < 200; ++i)
      std::thread([&, i] {
        local.get() = token;
        c.send(i);
        yield();
      }).join();
    EXPECT_EQ(token.use_count(), 1);
    std::vector<std::thread> at_once;
    for (int i = 0; i < 50; ++i)
      at_once.emplace_back([&] {
        local.get() = token;
        for (int n = 0; n < 10; ++n) c.send(n);
      });
    for (auto& t : at_once) t.join();
    EXPECT_EQ(token.use_count(), 1);
    c.close();
  });
}

TEST(plain_threads, that_lived_before_a_run_may_start_the_next) {
  const auto c = make_chan<int>(1);
  for (int i = 0; i < 10; ++i) {
    std::thread([&c, i] {
      c.send(i);
      EXPECT_EQ(run([&c] { return *c.recv(); }), i);
      c.send(i);
      EXPECT_EQ(c.recv(), i);
    }).join();
  }
}

}  // namespace
}  // namespace gander::testing
