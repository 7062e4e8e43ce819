// SPDX-License-Identifier: Apache-2.0
//
// Structured concurrency: goroutines that do not outlive a scope.
#pragma once

#include <gander/context.h>
#include <gander/go.h>
#include <gander/sync.h>

#include <concepts>
#include <exception>
#include <mutex>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

// Starts goroutines and waits for them. The first exception that leaves one of them cancels the
// group's context, which the others should heed, and is rethrown by wait(). (Go: errgroup.Group.)
//
//     gander::task_group g(request_context);
//     for (auto& shard : shards) g.go([&](const gander::context& ctx) { shard.query(ctx); });
//     g.wait();
//
// The exceptions after the first are dropped. What a task refers to must live until wait() returns.
// go() and cancel() may be called by any goroutine, those of the group too, until wait() has
// returned; wait() and the destructor by one goroutine or thread.
class task_group {
 public:
  [[gnu::always_inline]] explicit task_group(const context& parent = background())
      : cancelable_(with_cancel(parent)) {}
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  // Waits; an exception that wait() has not rethrown is dropped. Switching.
  ~task_group() {
    tasks_.wait();
    cancel();
  }

  // Cancelled by the first exception, by cancel(), when wait() returns, and with the parent.
  // Non-switching.
  const context& ctx() const noexcept { return cancelable_.ctx; }

  // Starts f() or f(ctx()) on a goroutine. Throws what gander::go throws: then nothing has been
  // started. Non-switching.
  template <typename F>
  requires std::invocable<std::decay_t<F>> || std::invocable < std::decay_t<F>,
  const context& > [[gnu::always_inline]] inline void go(F&& f) {
    tasks_.go([this, f = std::decay_t<F>(std::forward<F>(f))]() mutable { run(f); });
  }

  // Waits for all, cancels the context, and rethrows the first exception, once. Switching.
  void wait() {
    tasks_.wait();
    cancel();
    if (first_) std::rethrow_exception(std::exchange(first_, nullptr));
  }

  // Asks all to stop. Non-switching.
  void cancel() noexcept { cancelable_.cancel(); }

 private:
  template <typename F>
  void run(F& f) {
    try {
      if constexpr (std::invocable<F, const context&>) {
        std::move(f)(ctx());
      } else {
        std::move(f)();
      }
    } catch (...) {
      const std::exception_ptr error = std::current_exception();
      if (!error) throw;  // goexit() passes: it is no exception
      {
        const std::lock_guard<mutex> held(guard_);
        if (!first_) first_ = error;
      }
      cancelable_.cancel(error);
    }
  }

  cancelable cancelable_;
  mutex guard_;
  std::exception_ptr first_;  // guarded by guard_ until all have ended
  wait_group tasks_;
};

}  // namespace gander

#pragma GCC visibility pop
