// SPDX-License-Identifier: Apache-2.0
//
// once: runs a function the first time it is called, and lets all other callers wait until it has
// run.
//
//     static gander::once initialized;
//     initialized.call([] { load_tables(); });
//
// An exception leaves call() and does not count: the next caller tries again, as with
// std::call_once (in Go, a panic counts). A function that calls the same once again deadlocks, as
// in Go. What the function wrote is seen by all who return from call().
#pragma once

#include <gander/sync/mutex.h>

#include <atomic>
#include <concepts>
#include <mutex>
#include <tuple>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

class once {
 public:
  constexpr once() noexcept = default;
  once(const once&) = delete;
  once& operator=(const once&) = delete;

  // Calls f(args...) if no call has succeeded yet. Throws what it throws. Switching, until it is
  // done; one load after that.
  template <class F, class... Args>
  requires std::invocable<F, Args...>
  [[gnu::always_inline]] void call(F&& f, Args&&... args) {
    if (!done()) [[unlikely]]
      call_slow(std::forward<F>(f), std::forward<Args>(args)...);
  }

  template <class F, class... Args>
  requires std::invocable<F, Args...>
  [[gnu::always_inline]] void operator()(F&& f, Args&&... args) {  // as call()
    call(std::forward<F>(f), std::forward<Args>(args)...);
  }

  // Whether a call has succeeded. Non-switching. acquire: pairs with the release in call_slow().
  bool done() const noexcept { return done_.load(std::memory_order_acquire); }

 private:
  // A mutex, not a flag taken by compare-and-swap: the losers must not return before the function
  // has. Inlined, so that a report of one who waits says where the function is called from.
  template <class F, class... Args>
  [[gnu::always_inline]] void call_slow(F&& f, Args&&... args) {
    running_.lock();
    const std::lock_guard running(running_, std::adopt_lock);
    if (done()) return;
    std::apply(std::forward<F>(f), std::forward_as_tuple(std::forward<Args>(args)...));
    done_.store(true, std::memory_order_release);
  }

  std::atomic<bool> done_{false};
  mutex running_;
};

}  // namespace gander

#pragma GCC visibility pop
