// SPDX-License-Identifier: Apache-2.0
//
// Stacks of all goroutines, asked for thousands of times by several at once, while the program does
// all that a frozen thread could hold up: the heap's locks, the loader's, those of the runtime.
#include <gander/gander.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/build.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;

// Each body is one step; goroutines repeat it until the end.
class load {
 public:
  template <typename F>
  void start(F step) {
    all_.go([this, step = std::move(step)]() mutable {
      while (!over_) step();
    });
  }
  void stop() {
    over_ = true;
    all_.wait();
  }

 private:
  std::atomic<bool> over_{false};
  wait_group all_;
};

void use_heap() {
  std::map<int, std::string> some;
  for (int i = 0; i < 100; ++i) some[i] = std::string(static_cast<std::size_t>(i), 'x');
}

void throw_and_catch() {
  try {
    throw std::runtime_error("caught");
  } catch (const std::exception&) {
    yield();
  }
}

void echo() {
  const auto c = make_chan<int>();
  go([c] { c.send(1); });
  EXPECT_EQ(c.recv(), 1);
}

void start_load(load& work) {
  work.start(use_heap);
  work.start(throw_and_catch);
  work.start(echo);
  work.start([] { ::usleep(300); });
  work.start([] { static_cast<void>(make_chan<int>().recv_for(200us)); });
  work.start([] { std::thread(use_heap).join(); });
  work.start([] {
    spawn([] { lock_os_thread(); }).join();  // ends a thread
  });
  work.start([n = 0]() mutable {
    gomaxprocs(1 + n++ % 4);
    sleep_for(1ms);
  });
}

TEST(taskdump, thousands_under_load) {
  constexpr int each = scaled(700, 200, 40);
  run({.gomaxprocs = 4}, [] {
    load work;
    start_load(work);
    const auto dump = [] {
      for (int i = 0; i < each; ++i) {
        const std::string text = debug::stack(true);
        ASSERT_TRUE(text.starts_with("goroutine ")) << text;
        ASSERT_NE(text.find("goroutine 1 ["), text.npos) << text;
      }
    };
    wait_group dumpers;
    dumpers.go(dump);
    dumpers.go(dump);
    std::thread plain(dump);
    dumpers.wait();
    plain.join();
    work.stop();
  });
}

}  // namespace
}  // namespace gander::testing
