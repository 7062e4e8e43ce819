// SPDX-License-Identifier: Apache-2.0
//
// gander::run: results, options, one run at a time, and one after the other.
#include <gander/gander.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/await.h"
#include "support/build.h"
#include "support/panic_text.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t largest_stack = std::size_t{1} << (wide_addresses ? 30 : 28);

TEST(run, gives_mains_result) {
  EXPECT_EQ(run([] { return 0; }), 0);
  EXPECT_EQ(run([] { return 42; }), 42);
  EXPECT_EQ(run([] { return -1; }), -1);
  EXPECT_EQ(run([] {}), 0);
  EXPECT_EQ(run({.gomaxprocs = 3}, [] { return gomaxprocs(); }), 3);
}

TEST(run, takes_any_callable_without_copying_it) {
  struct callable {
    int calls = 0;
    callable() = default;
    callable(const callable&) = delete;
    int operator()() { return ++calls; }
  } c;
  EXPECT_EQ(run(c), 1);
  EXPECT_EQ(run(c), 2);
  EXPECT_EQ(c.calls, 2);
  EXPECT_EQ(run([owned = std::make_unique<int>(5)] { return *owned; }), 5);
}

int seven() { return 7; }

TEST(run, takes_a_function) {
  EXPECT_EQ(run(seven), 7);
  EXPECT_EQ(run(&seven), 7);
  EXPECT_EQ(run({.gomaxprocs = 1}, seven), 7);
}

TEST(run, main_is_goroutine_one_each_time) {
  for (int i = 0; i < 3; ++i) run([] { EXPECT_EQ(goid(), 1U); });
}

TEST(run, leaves_on_the_thread_that_called_it) {
  const auto caller = std::this_thread::get_id();
  run({.gomaxprocs = 4}, [] {
    for (int i = 0; i < 1000; ++i) yield();
  });
  EXPECT_EQ(std::this_thread::get_id(), caller);
}

TEST(run, inside_run_panics_and_the_outer_one_goes_on) {
  EXPECT_EQ(run([] {
              EXPECT_EQ(panic_text([] { run([] {}); }), "gander::run inside gander::run");
              EXPECT_EQ(spawn([] { return panic_text([] { run([] {}); }); }).join(),
                        "gander::run inside gander::run");
              yield();
              return 3;
            }),
            3);
}

TEST(run, beside_run_panics) {
  run([] {
    std::string text;
    std::thread([&] { text = panic_text([] { run([] {}); }); }).join();
    EXPECT_EQ(text, "gander::run while another thread is in gander::run");
  });
  EXPECT_EQ(run([] { return 1; }), 1);
}

TEST(run, goroutines_of_an_ended_run_never_run_again) {
  static std::atomic<long> turns{0};
  for (int i = 0; i < 5; ++i) {
    turns = 0;
    run({.gomaxprocs = 2}, [] {
      for (int n = 0; n < 50; ++n)
        go([] {
          for (;;) {
            ++turns;
            yield();
          }
        });
      while (turns < 1000) yield();
      EXPECT_EQ(num_goroutine(), 51U);
    });
    const long after = turns;
    run({.gomaxprocs = 2}, [] {
      EXPECT_EQ(num_goroutine(), 1U);
      for (int n = 0; n < 200; ++n) yield();
    });
    EXPECT_EQ(turns, after);
  }
}

TEST(run, nobody_waits_any_more_in_channels_that_outlive_a_run) {
  const auto c = make_chan<int>();
  run([c] {
    for (int i = 0; i < 10; ++i) go([c] { static_cast<void>(c.recv()); });
    await_waiting(10, "chan receive");
  });
  run([c] {
    EXPECT_FALSE(c.try_send(1)) << "a goroutine of the run before took it";
    auto got = spawn([c] { return c.recv(); });
    c.send(2);
    EXPECT_EQ(got.join(), 2);
  });
}

TEST(run, num_goroutine_counts_those_that_have_not_ended) {
  run({.gomaxprocs = 4}, [] {
    EXPECT_EQ(num_goroutine(), 1U);
    const auto release = make_chan<void>();
    wait_group ended;
    ended.add(100);
    for (int i = 0; i < 100; ++i)
      go([&ended, release] {
        release.recv();
        ended.done();
      });
    EXPECT_EQ(num_goroutine(), 101U);
    release.close();
    ended.wait();
    while (num_goroutine() != 1) yield();
  });
}

TEST(run, goes_wrong_for_options_out_of_range_and_right_afterwards) {
  EXPECT_THROW(run({.gomaxprocs = -1}, [] {}), std::invalid_argument);
  EXPECT_THROW(run({.grace = -1ns}, [] {}), std::invalid_argument);
  EXPECT_THROW(run({.stack_size = 1}, [] {}), std::invalid_argument);
  EXPECT_THROW(run({.stack_size = 16 * 1024 - 1}, [] {}), std::invalid_argument);
  EXPECT_THROW(run({.stack_size = largest_stack + 1}, [] {}), std::invalid_argument);
  EXPECT_EQ(run({.stack_size = 16 * 1024}, [] { return spawn([] { return 1; }).join(); }), 1);
  EXPECT_EQ(run({.gomaxprocs = 1'000'000}, [] { return gomaxprocs(); }), 1024);
}

TEST(run, waits_the_grace_for_user_code) {
  static std::atomic<bool> ended{false};
  static std::atomic<bool> started{false};
  ended = started = false;
  run({.gomaxprocs = 2, .grace = 10s}, [] {
    go([] {
      started = true;
      std::this_thread::sleep_for(100ms);  // main ends long before: the longer, the surer
      ended = true;
    });
    while (!started) yield();
  });
  // It has no call of the runtime left, so it either was waited for or not.
  EXPECT_TRUE(ended);
}

TEST(run, does_not_wait_longer_than_the_grace) {
  static std::atomic<bool> started{false};
  static std::atomic<bool> end{false};
  static std::atomic<bool> past_the_runtime{false};
  started = end = past_the_runtime = false;
  const auto start = std::chrono::steady_clock::now();
  run({.gomaxprocs = 2, .grace = 50ms}, [] {
    go([] {
      started = true;
      end.wait(false);
      yield();
      past_the_runtime = true;
    });
    while (!started) yield();
  });
  EXPECT_GE(std::chrono::steady_clock::now() - start, 50ms);
  EXPECT_FALSE(end);
  end = true;
  end.notify_all();
  EXPECT_EQ(run([] { return 1; }), 1);
  EXPECT_FALSE(past_the_runtime) << "it passed a call of the runtime after its run";
}

// It has lost its place, and noticed, before its run ends.
TEST(run, stops_those_that_go_on_without_a_place_at_their_next_call) {
  static std::atomic<int> step{0};
  static std::atomic<bool> end{false};
  static std::atomic<bool> past_the_runtime{false};
  step = 0;
  end = past_the_runtime = false;
  run({.gomaxprocs = 1, .grace = 0ns}, [] {
    go([] {
      step = 1;
      step.wait(1);  // until main is in its place
      go([] {});
      step = 3;
      end.wait(false);
      yield();
      past_the_runtime = true;
    });
    while (step < 1) yield();
    step = 2;
    step.notify_all();
    while (step < 3) {
    }
  });
  run({.gomaxprocs = 2}, [] {
    end = true;
    end.notify_all();
    for (int i = 0; i < 20; ++i) static_cast<void>(make_chan<int>().recv_for(1ms));
    EXPECT_EQ(num_goroutine(), 1U);
  });
  EXPECT_FALSE(past_the_runtime);
}

// --- limits ------------------------------------------------------------------------------------

TEST(limits, stack_sizes_out_of_range_are_refused_and_nothing_starts) {
  run([] {
    bool started = false;
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{16 * 1024 - 1}, largest_stack + 1, SIZE_MAX}) {
      EXPECT_THROW(go({.stack_size = size}, [&] { started = true; }), std::invalid_argument);
    }
    EXPECT_EQ(num_goroutine(), 1U);
    for (int i = 0; i < 100; ++i) yield();
    EXPECT_FALSE(started);
  });
}

[[gnu::noinline]] std::size_t use_stack(std::size_t bytes) {
  volatile char frame[4096];
  frame[0] = 1;
  frame[4095] = 1;
  if (bytes <= sizeof frame) return sizeof frame;
  return use_stack(bytes - sizeof frame) + sizeof frame - static_cast<std::size_t>(frame[0]) + 1;
}

TEST(limits, a_stack_can_be_used_as_deep_as_it_was_asked_for) {
  run([] {
    const auto done = make_chan<std::size_t>();
    for (const std::size_t size : {std::size_t{1} << 20, std::size_t{64} << 20}) {
      go({.name = "deep", .stack_size = size}, [=] { done.send(use_stack(size - size / 8)); });
      EXPECT_GE(done.recv(), size - size / 8);
    }
  });
}

#if !UNDER_ASAN  // marks each byte of a stack
TEST(limits, the_largest_stack_is_one) {
  run([] {
    const auto done = make_chan<std::size_t>();
    go({.name = "largest", .stack_size = largest_stack}, [=] { done.send(use_stack(80 << 20)); });
    EXPECT_GE(done.recv(), std::size_t{80} << 20);
  });
}
#endif

TEST(limits, beyond_max_goroutines_go_throws_and_recovers) {
  run({.gomaxprocs = 1, .max_goroutines = 100}, [] {
    const auto release = make_chan<void>();
    std::size_t started = 0;
    wait_group ended;
    const auto start_one = [&] {
      go([&ended, release] {
        release.recv();
        ended.done();
      });
      ++started;
      ended.add(1);
      yield();
    };
    const auto fill = [&] {
      constexpr int far_too_many = 1'000;
      for (int i = 0; i < far_too_many; ++i) start_one();
    };
    EXPECT_THROW(fill(), std::bad_alloc);
    EXPECT_EQ(num_goroutine(), 100u);
    EXPECT_EQ(started, 99u);
    EXPECT_THROW(start_one(), std::bad_alloc);
    for (std::size_t i = 0; i < started; ++i) release.send();
    ended.wait();
    while (num_goroutine() != 1) yield();
    started = 0;
    EXPECT_THROW(fill(), std::bad_alloc);
    EXPECT_EQ(started, 99u) << "some were lost";
    release.close();
    ended.wait();
  });
  EXPECT_EQ(run([] { return spawn([] { return 1; }).join(); }), 1);
}

TEST(limits, go_outside_of_a_run_panics) {
  EXPECT_EQ(panic_text([] { go([] {}); }), "gander::go outside of gander::run");
  run([] {});
  EXPECT_EQ(panic_text([] { go([] {}); }), "gander::go outside of gander::run");
  EXPECT_EQ(panic_text([] { static_cast<void>(spawn([] {})); }),
            "gander::go outside of gander::run");
}

}  // namespace
}  // namespace gander::testing
