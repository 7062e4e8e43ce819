// SPDX-License-Identifier: Apache-2.0
//
// Objects that only a register or the red zone of a thread holds, where compilers seldom put them
// on purpose: code in assembly does (test/arch). The thread computes, and a signal shows its
// registers; or it is a goroutine's, which allocates, and meets stops at its border. There most of
// the registers that calls preserve are saved on the way, by who happens to use them: what uses
// none saves the others.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "collector/stop_test_helper.h"
#include "collector/watch_test_helper.h"
#include "os/os.h"

extern "C" {
using gander_test_holder = std::uintptr_t(std::uintptr_t complement, int* ready, const int* go_on);
[[gnu::visibility("hidden")]] gander_test_holder gander_test_hold_in_vector;
[[gnu::visibility("hidden")]] gander_test_holder gander_test_hold_in_wide_vector;
[[gnu::visibility("hidden")]] gander_test_holder gander_test_hold_below_stack;
[[gnu::visibility(
    "hidden")]] extern gander_test_holder* const gander_test_hold_in_saved_registers[];
[[gnu::visibility("hidden")]] bool gander_test_allocate(int* ready, const int* go_on);
}

bool gander_test_allocate(int* ready, const int* go_on) {
  std::atomic_ref(*ready).store(1);
  gander::collector::make_node();
  return std::atomic_ref(*const_cast<int*>(go_on)).load() != 0;
}

namespace gander::collector {
namespace {

struct place {
  std::string name;
  gander_test_holder* hold;
};

std::vector<place> places() {
  std::vector<place> all = {{"half_a_vector", gander_test_hold_in_vector},
                            {"below_the_stack", gander_test_hold_below_stack}};
  if (__builtin_cpu_supports("avx"))
    all.push_back({"half_a_wide_vector", gander_test_hold_in_wide_vector});
  return all;
}

std::vector<place> places_at_the_border() {
  std::vector<place> all;
  for (std::size_t i = 0; gander_test_hold_in_saved_registers[i] != nullptr; ++i)
    all.push_back({"saved_register_" + std::to_string(i), gander_test_hold_in_saved_registers[i]});
  return all;
}

class held_words : public ::testing::TestWithParam<place> {
 protected:
  // `complement`: of the object, which nothing else leads to. On the thread that shall hold it.
  void hold() {
    tid_ = os::thread_id();
    complement_ = GetParam().hold(complement_, &ready_, &go_on_);
    done_ = true;
  }

  // While somebody holds it.
  void look_on(const std::function<void()>& look = [] {}) {
    while (std::atomic_ref(ready_).load() == 0) std::this_thread::yield();
    EXPECT_TRUE(stays(*watcher_));
    look();
    EXPECT_TRUE(stays(*watcher_));
    std::atomic_ref(go_on_).store(1);
    while (!done_) std::this_thread::yield();
  }

  void make() {
    watcher_ = watch([this] {
      node* const n = make_node();
      complement_ = ~reinterpret_cast<std::uintptr_t>(n);
      return n;
    });
  }

  std::unique_ptr<watcher> watcher_;
  std::uintptr_t complement_ = 0;
  std::atomic<bool> done_{false};
  std::atomic<int> tid_{0};
  int ready_ = 0;
  int go_on_ = 0;
};

TEST_P(held_words, of_a_goroutine) {
  in_run([this] {
    make();
    go([this] { hold(); });
    look_on();
    EXPECT_TRUE(goes(*watcher_));
  });
}

// It has called the runtime before, or nobody would look for it.
TEST_P(held_words, of_a_plain_thread) {
  in_run([this] {
    make();
    std::thread t([this] {
      make_node();
      hold();
    });
    look_on();
    t.join();  // the frames of its end lie over those that held it
    EXPECT_TRUE(goes(*watcher_));
  });
}

INSTANTIATE_TEST_SUITE_P(collector, held_words, ::testing::ValuesIn(places()),
                         [](const auto& p) { return p.param.name; });

class held_words_at_the_border : public held_words {};

TEST_P(held_words_at_the_border, of_a_goroutine) {
  in_run([this] {
    make();
    go([this] {
      const pin_thread pinned;
      hold();
    });
    blocking([this] {
      look_on([this] { EXPECT_TRUE(in_some_stop([this] { return stands(tid_); })); });
    });
    EXPECT_TRUE(goes(*watcher_));
  });
}

INSTANTIATE_TEST_SUITE_P(collector, held_words_at_the_border,
                         ::testing::ValuesIn(places_at_the_border()),
                         [](const auto& p) { return p.param.name; });

}  // namespace
}  // namespace gander::collector
