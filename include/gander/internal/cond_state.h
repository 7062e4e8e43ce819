// SPDX-License-Identifier: Apache-2.0
//
// The inside of condition_variable, apart from the user's lock and predicate.
//
// A waiter queues before the user's lock is unlocked, so that no notification is missed, and parks
// after, since unlock() is user code and nothing of ours is held there. In between it can be
// notified already:
//     queued → parked → notified     the usual order; the notifier readies it
//     queued → notified              the notifier only writes it down; park() finds it
//     queued → gone                  an exception left the user's unlock()
//     parked → gone                  the deadline came
// All of a waiter is guarded by cond_state::lock_.
#pragma once

#include <gander/internal/lock.h>
#include <gander/internal/place.h>
#include <gander/internal/wait_list.h>

#include <atomic>
#include <cstdint>

#pragma GCC visibility push(default)

namespace gander {

class mutex;

namespace internal {

class cond_state {
 public:
  constexpr cond_state() noexcept = default;

  // Wakes the first `count` waiters. relaxed: who changed something under the user's lock sees the
  // waiters that looked before.
  void notify(std::uint32_t count) noexcept {
    if (may_wait_.load(std::memory_order_relaxed)) notify_slow(count);
  }

  // Waits with our own mutex, whose unlock() is no user code: queues, unlocks and parks in one go.
  // False when the deadline came first.
  bool wait(mutex& held, std::int64_t deadline_ns) noexcept;

  // acquire: pairs with the release in leave().
  void wait_for_leavers() noexcept {
    if (present_.load(std::memory_order_acquire) != 0) [[unlikely]]
      wait_for_leavers_slow();
  }

 private:
  friend class cond_waiter;
  friend inside;

  void notify_slow(std::uint32_t count) noexcept;
  void wait_for_leavers_slow() noexcept;
  void queue(sudog& waiter, std::uint32_t kind) noexcept;

  // The last access of a waiter that was `present`.
  void leave() noexcept { present_.fetch_sub(1, std::memory_order_release); }

  std::atomic<bool> may_wait_{false};  // changes under lock_; true while the list is not empty
  lock lock_;
  std::atomic<std::uint32_t> present_{
      0};  // waiters that will touch this object after a notification
  wait_list waiters_;
};

// One wait with a lock of the user's.
class cond_waiter {
 public:
  explicit cond_waiter(cond_state& state) noexcept;
  ~cond_waiter() {
    if (!left_) withdraw();
  }
  cond_waiter(const cond_waiter&) = delete;
  cond_waiter& operator=(const cond_waiter&) = delete;

  // Waits for the notification; false when the deadline came first. At most once.
  bool park(std::int64_t deadline_ns) noexcept;

 private:
  void withdraw() noexcept;

  cond_state& state_;
  sudog self_;
  bool left_ = false;
};

}  // namespace internal
}  // namespace gander

#pragma GCC visibility pop
