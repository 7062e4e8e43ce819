// SPDX-License-Identifier: Apache-2.0
//
// latch: waits until something has been counted down to zero, once. As std::latch, for goroutines
// and plain threads.
//
//     gander::latch ready(2);
//     for (int i = 0; i < 2; ++i) gander::go([&ready] { ready.count_down(); });
//     ready.wait();
//
// Counting below zero is a panic, here and where the standard leaves it undefined. It may be
// destroyed as soon as all wait() calls have returned, also while the last count_down() is
// returning.
#pragma once

#include <gander/internal/lock.h>
#include <gander/internal/place.h>
#include <gander/internal/wait_list.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#pragma GCC visibility push(default)

namespace gander {

class latch {
 public:
  // REQUIRES: 0 <= expected <= max().
  constexpr explicit latch(std::ptrdiff_t expected) noexcept
      : state_(std::int64_t{expected} * one_count) {}
  latch(const latch&) = delete;
  latch& operator=(const latch&) = delete;

  static constexpr std::ptrdiff_t(max)() noexcept { return PTRDIFF_MAX / 4; }

  // Counts `n` down; who reaches zero wakes all. Throws panic_error below zero. Non-switching.
  void count_down(std::ptrdiff_t n = 1) {
    // release: pairs with the acquire in try_wait(). acquire: who reaches zero passes on what the
    // others released.
    const std::int64_t before = state_.fetch_sub(n * one_count, std::memory_order_acq_rel);
    if (before <= n * one_count + queued_bit) [[unlikely]]
      count_down_slow(before - n * one_count);
  }

  // Whether the count is zero. Non-switching.
  [[nodiscard]] bool try_wait() const noexcept {
    return state_.load(std::memory_order_acquire) < one_count;
  }

  // Switching until the count is zero.
  void wait() noexcept {
    if (!try_wait()) wait_slow();
  }

  // Both: switching.
  void arrive_and_wait(std::ptrdiff_t n = 1) {
    count_down(n);
    wait();
  }

 private:
  friend internal::inside;

  static constexpr std::int64_t queued_bit = 1;  // somebody waits
  static constexpr std::int64_t one_count = 2;

  void count_down_slow(std::int64_t after);
  void wait_slow() noexcept;

  std::atomic<std::int64_t> state_;
  internal::lock queue_lock_;
  internal::wait_list waiters_;
};

}  // namespace gander

#pragma GCC visibility pop
