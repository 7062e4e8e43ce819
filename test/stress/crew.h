// SPDX-License-Identifier: Apache-2.0
//
// The workers of a round: goroutines, and plain threads among them.
#pragma once

#include <gander/go.h>
#include <gander/sync.h>

#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "stress/dice.h"
#include "stress/ledger.h"

namespace gander::stress {

// What a worker knows of itself.
struct worker {
  dice d;
  bool plain_thread;
};

class crew {
 public:
  // Starts body(worker&). Goroutines and plain threads may call it while the crew is at work.
  template <typename F>
  void start(dice& d, F body) {
    constexpr std::size_t one_thread_in = 9;
    const bool plain = d.one_in(one_thread_in);
    working_.add(1);
    auto work = [this, w = worker{d.fork(), plain},
                 body = std::make_unique<F>(std::move(body))]() mutable {
      const finally done{working_};
      (*body)(w);
      body.reset();
      tick();
    };
    if (!plain) {
      go(std::move(work));
      return;
    }
    const std::lock_guard held(threads_lock_);
    threads_.emplace_back(std::move(work));
  }

  void wait() {
    working_.wait();
    for (std::thread& t : threads_) t.join();
    threads_.clear();
  }

 private:
  // Also when goexit() ends the worker.
  struct finally {
    wait_group& group;
    ~finally() { group.done(); }
  };

  wait_group working_;
  std::mutex threads_lock_;
  std::vector<std::thread> threads_;
};

}  // namespace gander::stress
