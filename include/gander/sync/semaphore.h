// SPDX-License-Identifier: Apache-2.0
//
// semaphore: a number of permits, as std::counting_semaphore, for goroutines and plain threads.
//
//     static gander::semaphore slots(8);  // at most eight at a time
//     slots.acquire();
//     const gander::defer give_back([] { slots.release(); });
//
// Strictly first in, first out: release() gives its permits to those who wait, and nobody overtakes
// them. It may be destroyed as soon as the acquire() that was waited for returns, also while the
// release() is returning.
#pragma once

#include <gander/internal/deadline.h>
#include <gander/internal/lock.h>
#include <gander/internal/place.h>
#include <gander/internal/wait_list.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#pragma GCC visibility push(default)

namespace gander {

class semaphore {
 public:
  // REQUIRES: 0 <= permits <= max().
  constexpr explicit semaphore(std::ptrdiff_t permits) noexcept
      : state_(std::int64_t{permits} * one_permit) {}
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;

  static constexpr std::ptrdiff_t(max)() noexcept { return PTRDIFF_MAX / 4; }

  // Takes a permit; waits for one. Switching when there is none.
  void acquire() noexcept {
    if (!try_acquire()) [[unlikely]]
      acquire_slow(internal::no_deadline);
  }

  // Non-switching. False when there is no permit.
  [[nodiscard]] bool try_acquire() noexcept {
    std::int64_t s = state_.load(std::memory_order_relaxed);  // relaxed: the exchange decides
    while (s >= one_permit) {
      // acquire: pairs with the release in release().
      if (state_.compare_exchange_weak(s, s - one_permit, std::memory_order_acquire,
                                       std::memory_order_relaxed))
        return true;
    }
    return false;
  }

  // Switching. False when the time was over first.
  template <class Rep, class Period>
  [[nodiscard]] bool try_acquire_for(const std::chrono::duration<Rep, Period>& d) {
    return try_acquire() || acquire_slow(internal::deadline_after(d));
  }

  template <class Clock, class Duration>
  [[nodiscard]] bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& t) {
    return try_acquire() ||
           internal::attempt_until(t, [this](std::int64_t ns) { return acquire_slow(ns); });
  }

  // Gives permits back, or new ones; O(waiters that get one). Non-switching. REQUIRES: permits >=
  // 0, and max() is not exceeded.
  void release(std::ptrdiff_t permits = 1) noexcept {
    std::int64_t s = state_.load(std::memory_order_relaxed);
    while ((s & queued_bit) == 0) [[likely]] {
        // release: pairs with the acquire of try_acquire(). The last access.
        if (state_.compare_exchange_weak(s, s + permits * one_permit, std::memory_order_release,
                                         std::memory_order_relaxed))
          return;
      }
    release_slow(permits);
  }

 private:
  friend internal::inside;

  static constexpr std::int64_t queued_bit = 1;  // somebody may wait; then there are no permits
  static constexpr std::int64_t one_permit = 2;

  bool acquire_slow(std::int64_t deadline_ns) noexcept;
  void release_slow(std::ptrdiff_t permits) noexcept;

  std::atomic<std::int64_t> state_;
  internal::lock queue_lock_;
  internal::wait_list waiters_;
};

}  // namespace gander

#pragma GCC visibility pop
