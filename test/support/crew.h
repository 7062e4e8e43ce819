// SPDX-License-Identifier: Apache-2.0
//
// Tests that run twice: on plain threads, without any run(), and on goroutines.
#pragma once

#include <gander/go.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gander::testing {

enum class place { threads, goroutines };

// Starts workers, and waits for all of them at the end of its life.
class crew {
 public:
  explicit crew(place where) : where_(where) {}
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;
  ~crew() { wait(); }

  template <typename F>
  void go(F body) {
    if (where_ == place::threads) {
      threads_.emplace_back(std::move(body));
      return;
    }
    ++live_;
    gander::go([this, body = std::move(body)]() mutable {
      body();
      if (--live_ == 0) live_.notify_all();
    });
  }

  // Blocks the thread, also under a goroutine, as any C++ code may: what is under test is not used
  // to test itself.
  void wait() {
    for (std::thread& t : threads_) t.join();
    threads_.clear();
    for (int n; (n = live_.load()) != 0;) live_.wait(n);
  }

 private:
  const place where_;
  std::vector<std::thread> threads_;
  std::atomic<int> live_{0};
};

class everywhere : public ::testing::TestWithParam<place> {
 protected:
  // Runs the test's body here, or as the main goroutine.
  template <typename F>
  static void in_place(F body) {
    if (GetParam() == place::threads) {
      body();
    } else {
      gander::run(std::move(body));
    }
  }
};

inline std::string name_of_place(const ::testing::TestParamInfo<place>& info) {
  return info.param == place::threads ? "threads" : "goroutines";
}

// Waits until `holds()`, which another worker makes true; lets the others run meanwhile.
template <typename Predicate>
void await(Predicate&& holds) {
  while (!holds()) std::this_thread::sleep_for(std::chrono::microseconds(50));
}

}  // namespace gander::testing

// Instantiates a fixture derived from `everywhere` for both places.
#define GANDER_EVERYWHERE(suite)                                                                  \
  INSTANTIATE_TEST_SUITE_P(                                                                       \
      , suite,                                                                                    \
      ::testing::Values(::gander::testing::place::threads, ::gander::testing::place::goroutines), \
      ::gander::testing::name_of_place)
