// SPDX-License-Identifier: Apache-2.0
//
// goroutine_local: a value for each goroutine and plain thread, and when it goes.
#include <gander/gander.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gander::testing {
namespace {

TEST(goroutine_local, has_a_value_per_goroutine) {
  static goroutine_local<int> number;
  static goroutine_local<std::string> text([] { return std::string("fresh"); });
  *number = -1;
  run({.gomaxprocs = 4}, [] {
    EXPECT_EQ(*number, 0) << "the thread's value got into goroutine 1";
    wait_group all;
    constexpr int count = 200;
    all.add(count);
    for (int i = 0; i < count; ++i)
      go([i, &all] {
        EXPECT_EQ(*number, 0);
        EXPECT_EQ(*text, "fresh");
        *number = i;
        *text += std::to_string(i);
        for (int n = 0; n < 20; ++n) yield();
        EXPECT_EQ(*number, i);
        EXPECT_EQ(text->size(), 5 + std::to_string(i).size());
        all.done();
      });
    all.wait();
    EXPECT_EQ(*number, 0);
  });
  EXPECT_EQ(*number, -1);
}

// num_goroutine() tells that a goroutine has ended, and orders nothing: hence the lock.
std::mutex notes_guard;

struct leaves_note {
  std::vector<int>* notes = nullptr;
  int number = 0;
  ~leaves_note() {
    if (notes == nullptr) return;
    const std::lock_guard held(notes_guard);
    notes->push_back(number);
  }
};

TEST(goroutine_local, values_go_at_the_end_newest_first_also_by_goexit_and_on_threads) {
  static goroutine_local<leaves_note> a;
  static goroutine_local<leaves_note> b;
  static goroutine_local<leaves_note> c;
  std::vector<int> notes;
  const auto touch = [&notes] {
    int number = 0;
    for (auto* local : {&b, &a, &c}) {
      local->get().notes = &notes;
      local->get().number = ++number;
    }
  };
  const std::vector<int> newest_first{3, 2, 1};
  const auto take_notes = [&notes] {
    const std::lock_guard held(notes_guard);
    return std::exchange(notes, {});
  };
  run([&] {
    auto ended = make_chan<void>();
    go([&, ended] {
      const defer close([&] { ended.close(); });
      touch();
    });
    ended.recv();
    while (num_goroutine() != 1) yield();
    EXPECT_EQ(take_notes(), newest_first);
    go([&] {
      touch();
      goexit();
    });
    while (num_goroutine() != 1) yield();
    EXPECT_EQ(take_notes(), newest_first);
    touch();
  });
  EXPECT_EQ(take_notes(), newest_first) << "those of goroutine 1";
  std::thread(touch).join();
  EXPECT_EQ(take_notes(), newest_first);
}

static goroutine_local<std::shared_ptr<int>> made_late;

TEST(goroutine_local, destructors_may_use_others_and_park) {
  struct uses_other {
    std::shared_ptr<int> token;
    ~uses_other() {
      if (token == nullptr) return;
      yield();
      made_late.get() = token;
    }
  };
  static goroutine_local<uses_other> first;
  const auto token = std::make_shared<int>(0);
  run({.gomaxprocs = 2}, [&token] {
    for (int i = 0; i < 100; ++i) go([&token] { first->token = token; });
    while (num_goroutine() != 1) yield();
    EXPECT_EQ(token.use_count(), 1);
  });
  std::thread([&token] { first->token = token; }).join();
  EXPECT_EQ(token.use_count(), 1);
}

TEST(goroutine_local, what_making_a_value_throws_leaves_none_behind) {
  static int attempts;
  attempts = 0;
  static goroutine_local<int> fragile([]() -> int {
    if (++attempts == 1) throw std::runtime_error("not yet");
    return attempts;
  });
  run([] {
    EXPECT_THROW(fragile.get(), std::runtime_error);
    EXPECT_EQ(*fragile, 2);
    EXPECT_EQ(*fragile, 2);
  });
}

// Also where no run() has been yet, when this test is a process of its own.
TEST(goroutine_local, needs_no_run) {
  static goroutine_local<std::unique_ptr<leaves_note>> value;
  std::vector<int> notes;
  std::thread([&] { value->reset(new leaves_note{&notes, 1}); }).join();
  EXPECT_EQ(notes, std::vector<int>{1});
}

}  // namespace
}  // namespace gander::testing
