// SPDX-License-Identifier: Apache-2.0
//
// event: something happens once, and any number of goroutines and threads wait for it.
#pragma once

#include <gander/internal/lock.h>
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

 private:
  std::atomic<bool> happened_{false};
  lock guard_;
  wait_list waiters_;
};

}  // namespace gander::internal

#pragma GCC visibility pop
