// SPDX-License-Identifier: Apache-2.0
//
// event: something happens once, and any number of goroutines and threads wait for it.
#pragma once

#include <gander/internal/lock.h>
#include <gander/internal/place.h>
#include <gander/internal/wait_list.h>

#include <atomic>
#include <cstdint>

#pragma GCC visibility push(default)

namespace gander::internal {

class event {
 public:
  constexpr event() noexcept = default;
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  // Whether it has happened. acquire: pairs with set(), whose caller's writes are seen then.
  bool happened() const noexcept { return happened_.load(std::memory_order_acquire); }

  // Non-switching. The event may be destroyed as soon as a waiter has returned: set() wakes under
  // the lock's protection and does not touch the event after letting go of it.
  void set() noexcept;

  // Switching.
  void wait() noexcept;

  // The calling goroutine is the one that will set it: told in reports.
  void is_mine() noexcept { whose_.store(who_am_i(), std::memory_order_relaxed); }

 private:
  friend inside;

  std::atomic<bool> happened_{false};
  lock guard_;
  wait_list waiters_;
  std::atomic<std::uint64_t> whose_{0};
};

}  // namespace gander::internal

#pragma GCC visibility pop
