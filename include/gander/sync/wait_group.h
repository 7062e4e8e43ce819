// SPDX-License-Identifier: Apache-2.0
//
// wait_group: waits until a number of things are done, again and again. Go's sync.WaitGroup.
//
//     gander::wait_group workers;
//     for (auto& part : parts) workers.go([&part] { work(part); });
//     workers.wait();
//
// add() with a positive number must come before the wait() that shall wait for it; the group may be
// used again when all its wait() calls have returned. Breaking that is a panic where it is noticed,
// with Go's words. It may be destroyed as soon as wait() returns, also while the last done() is
// returning.
#pragma once

#include <gander/go.h>
#include <gander/internal/lock.h>
#include <gander/internal/place.h>
#include <gander/internal/wait_list.h>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

namespace internal {
template <class F>
struct counted;
}

class wait_group {
 public:
  [[gnu::always_inline]] constexpr wait_group() noexcept {
    if (!std::is_constant_evaluated()) made_.store(internal::here(), std::memory_order_relaxed);
  }
  wait_group(const wait_group&) = delete;
  wait_group& operator=(const wait_group&) = delete;

  // Non-switching. A negative number is done() so many times; a counter below zero is a panic.
  [[gnu::always_inline]] void add(std::int64_t n) {
    // relaxed, as its stores, and before the step to zero, after which the group may be gone.
    const std::uintptr_t changed_before = changed_.load(std::memory_order_relaxed);
    changed_.store(internal::here(), std::memory_order_relaxed);
    // release: pairs with the acquire in wait(). acquire: who reaches zero passes on what the
    // others released.
    const std::int64_t before = state_.fetch_add(n * one_count, std::memory_order_acq_rel);
    const std::int64_t after = before + n * one_count;
    // Zero without waiters, and a group that grows while nobody waits, need nothing more.
    if (after < 0 || (before & queued_bit) != 0) [[unlikely]]
      add_slow(n, after, changed_before);
  }

  // One less. Throws as add(). Non-switching.
  [[gnu::always_inline]] void done() { add(-1); }

  // Waits until the counter is zero. Any number may wait. Switching.
  void wait() {
    if (state_.load(std::memory_order_acquire) != 0) wait_slow();
  }

  // Runs f() in a goroutine of its own that the group waits for; done when f has been destroyed,
  // also when goexit() ends it. Throws what gander::go throws; then the counter is as it was.
  // Non-switching.
  template <class F>
  requires std::invocable<std::decay_t<F>>
  [[gnu::always_inline]] void go(F&& f) {
    add(1);
    gander::go(internal::counted<std::decay_t<F>>{*this, std::forward<F>(f)});
  }

 private:
  friend internal::inside;

  static constexpr std::int64_t queued_bit = 1;  // somebody waits
  static constexpr std::int64_t one_count = 2;

  void add_slow(std::int64_t n, std::int64_t after, std::uintptr_t changed_before);
  void wait_slow();

  std::atomic<std::int64_t> state_{0};
  internal::lock queue_lock_;
  internal::wait_list waiters_;
  // For reports: where it was made (0: in static storage), where the counter was changed last.
  std::atomic<std::uintptr_t> made_{0};
  std::atomic<std::uintptr_t> changed_{0};
};

namespace internal {

class done_at_end {
 public:
  done_at_end(wait_group& group) noexcept : group_(&group) {}
  done_at_end(done_at_end&& other) noexcept : group_(std::exchange(other.group_, nullptr)) {}
  done_at_end& operator=(done_at_end&&) = delete;
  [[gnu::always_inline]] ~done_at_end() {
    if (group_ != nullptr) group_->done();
  }

 private:
  wait_group* group_;
};

// The order matters: f goes first, for it may hold what refers to things that go after wait().
template <class F>
struct counted {
  done_at_end at_end;
  F f;
  void operator()() { std::move(f)(); }
};

}  // namespace internal

}  // namespace gander

#pragma GCC visibility pop
