// SPDX-License-Identifier: Apache-2.0
//
// Concurrent workers for tests of what must work on goroutines and on plain threads alike.
#pragma once

#include <gander/chan.h>
#include <gander/go.h>
#include <gander/run.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gander::testing {

// A run() on a thread of its own while anybody needs it, so that plain threads can start
// goroutines.
class background_run {
 public:
  static std::shared_ptr<background_run> get() {
    static std::mutex mutex;
    static std::weak_ptr<background_run> current;
    const std::lock_guard locked(mutex);
    auto shared = current.lock();
    if (shared == nullptr) {
      last_ended().wait(false);  // there is at most one run at a time
      last_ended() = false;
      shared = std::make_shared<background_run>();
      current = shared;
    }
    return shared;
  }

  background_run() {
    auto started = make_chan<void>();
    thread_ = std::thread([this, started] { run([&] { started.send(), quit_.recv(); }); });
    started.recv();
  }
  ~background_run() {
    quit_.send();
    thread_.join();
    last_ended() = true;
    last_ended().notify_all();
  }

 private:
  static std::atomic<bool>& last_ended() {
    static std::atomic<bool> ended{true};
    return ended;
  }

  chan<void> quit_ = make_chan<void>();
  std::thread thread_;
};

enum class place { mixed, goroutines, threads };

// $GANDER_TEST_WORKERS says where: to tell a fault of the primitives from one of the scheduler.
inline place default_place() {
  const char* const wanted = std::getenv("GANDER_TEST_WORKERS");
  const std::string_view where = wanted != nullptr ? wanted : "mixed";
  return where == "threads"      ? place::threads
         : where == "goroutines" ? place::goroutines
                                 : place::mixed;
}

// Runs each body on a goroutine or a plain thread of its own, in turn unless told otherwise. The
// destructor, or wait(), waits for all, also for those that workers have started. Use it from plain
// threads.
class workers {
 public:
  explicit workers(place where = default_place()) : where_(where) {}
  workers(const workers&) = delete;
  workers& operator=(const workers&) = delete;
  ~workers() { wait(); }

  template <typename F>
  void go(F body) {
    const std::lock_guard locked(mutex_);
    ++pending_;
    // The body is gone before it counts as done, with all that it holds.
    auto once = [this, held = std::make_unique<F>(std::move(body))]() mutable {
      (*held)();
      held.reset();
      if (--pending_ == 0) pending_.notify_all();
    };
    if (where_ == place::threads || (where_ == place::mixed && started_++ % 2 == 1)) {
      threads_.emplace_back(std::move(once));
    } else {
      if (run_ == nullptr) run_ = background_run::get();
      gander::go(std::move(once));
    }
  }

  void wait() {
    for (int left = pending_; left != 0; left = pending_) pending_.wait(left);
    const std::lock_guard locked(mutex_);
    for (std::thread& t : threads_) t.join();
    threads_.clear();
    run_ = nullptr;
  }

 private:
  const place where_;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
  std::shared_ptr<background_run> run_;
  unsigned started_ = 0;
  std::atomic<int> pending_{0};
};

}  // namespace gander::testing
