// SPDX-License-Identifier: Apache-2.0
//
// Concurrent workers for tests of what must work on goroutines and on plain threads alike.
#pragma once

#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace gander::testing {

// Runs each body on a plain thread of its own; the destructor, or wait(), waits for all, also for
// those that workers have started.
class workers {
 public:
  workers() = default;
  workers(const workers&) = delete;
  workers& operator=(const workers&) = delete;
  ~workers() { wait(); }

  template <typename F>
  void go(F body) {
    const std::lock_guard locked(mutex_);
    threads_.emplace_back(std::move(body));
  }

  void wait() {
    for (;;) {
      std::vector<std::thread> running;
      {
        const std::lock_guard locked(mutex_);
        running.swap(threads_);
      }
      if (running.empty()) return;
      for (std::thread& t : running) t.join();
    }
  }

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

}  // namespace gander::testing
