// SPDX-License-Identifier: Apache-2.0
//
// Concurrent workers for tests of what must work on goroutines and on plain threads alike.
#pragma once

#include <gander/chan.h>
#include <gander/go.h>
#include <gander/run.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gander::testing {

// While one lives, the test is inside a run() of its own.
class inside_run {
 public:
  inside_run() { ++alive; }
  ~inside_run() { --alive; }
  inside_run(const inside_run&) = delete;
  inside_run& operator=(const inside_run&) = delete;

  static inline std::atomic<int> alive{0};
};

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
// destructor, or wait(), waits for all, also for those that workers have started. It blocks the
// thread, also under a goroutine, as any C++ code may: what is under test is not used to test
// itself.
class workers {
 public:
  explicit workers(place where = default_place()) : where_(where) {}
  workers(const workers&) = delete;
  workers& operator=(const workers&) = delete;
  ~workers() { wait(); }

  template <typename F>
  void go(F body) {
    const std::lock_guard locked(mutex_);
    ++working_;
    // The body is gone before it counts as done, with all that it holds.
    auto once = [this, held = std::make_unique<F>(std::move(body))]() mutable {
      (*held)();
      held.reset();
      done();
    };
    if (where_ == place::threads || (where_ == place::mixed && started_++ % 2 == 1)) {
      threads_.emplace_back(std::move(once));
    } else {
      if (run_ == nullptr && inside_run::alive == 0) run_ = background_run::get();
      gander::go(std::move(once));
    }
  }

  void wait() {
    std::vector<std::thread> threads;
    std::shared_ptr<background_run> needed_until_now;
    {
      std::unique_lock locked(mutex_);
      all_done_.wait(locked, [this] { return working_ == 0; });
      threads.swap(threads_);
      needed_until_now.swap(run_);
    }
    for (std::thread& t : threads) t.join();
  }

 private:
  // Under the mutex to the end: the one who waits may destroy us as soon as it gets it.
  void done() {
    const std::lock_guard locked(mutex_);
    if (--working_ == 0) all_done_.notify_all();
  }

  const place where_;
  std::mutex mutex_;
  std::condition_variable all_done_;
  int working_ = 0;
  unsigned started_ = 0;
  std::vector<std::thread> threads_;
  std::shared_ptr<background_run> run_;
};

}  // namespace gander::testing
