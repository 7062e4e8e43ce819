// SPDX-License-Identifier: Apache-2.0
//
// condition_variable: waits until somebody says that something has changed, for goroutines and
// plain threads.
//
//     std::unique_lock held(m);
//     changed.wait(held, [&] { return !queue.empty(); });
//
// The interface of std::condition_variable_any: it waits with any lock, and with a std::stop_token.
// Go's sync.Cond in this: no spurious wakeups, and notify_one() wakes who has waited longest.
// Predicates and the lock's own functions are user code: they run outside the border, under no lock
// of ours.
//
// notify_*() are non-switching, wait*() switching. It may be destroyed once all waiters have been
// notified, though they may still be returning. A waiter always has its lock again when wait*() is
// left, also by an exception.
#pragma once

#include <gander/internal/cond_state.h>
#include <gander/internal/deadline.h>
#include <gander/sync/mutex.h>

#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

using std::cv_status;

class condition_variable {
 public:
  constexpr condition_variable() noexcept = default;
  condition_variable(const condition_variable&) = delete;
  condition_variable& operator=(const condition_variable&) = delete;
  ~condition_variable() { state_.wait_for_leavers(); }

  // Wake who has waited longest, or all who wait at this moment. The lock need not be held. O(1),
  // O(waiters).
  void notify_one() noexcept { state_.notify(1); }
  void notify_all() noexcept { state_.notify(UINT32_MAX); }

  // Unlocks, waits for a notification, locks again. REQUIRES: the caller holds `lock`. Throws what
  // the lock's unlock() throws; a lock() that throws ends the program, as with the standard
  // library. The second form does so until done() is true.
  template <class Lock>
  void wait(Lock& lock) {
    wait_ns(lock, internal::no_deadline);
  }

  template <class Lock, std::predicate Predicate>
  void wait(Lock& lock, Predicate done) {
    while (!done()) wait(lock);
  }

  // With a time limit: cv_status::timeout when it was over first.
  // As with the standard library, a clock that is not monotonic, and was set meanwhile, may end the
  // wait early: no_timeout.
  template <class Lock, class Clock, class Duration>
  cv_status wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& t) {
    if (wait_ns(lock, internal::deadline_at(t))) return cv_status::no_timeout;
    return Clock::now() < t ? cv_status::no_timeout : cv_status::timeout;
  }

  template <class Lock, class Rep, class Period>
  cv_status wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& d) {
    return wait_until(lock, after(d));
  }

  // False when the time was over and the predicate still false.
  template <class Lock, class Clock, class Duration, std::predicate Predicate>
  bool wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& t, Predicate done) {
    while (!done()) {
      if (wait_until(lock, t) == cv_status::timeout) return done();
    }
    return true;
  }

  template <class Lock, class Rep, class Period, std::predicate Predicate>
  bool wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& d, Predicate done) {
    return wait_until(lock, after(d), std::move(done));
  }

  // With a stop token: they return when a stop is requested, too. False when the predicate is still
  // false.
  template <class Lock, std::predicate Predicate>
  bool wait(Lock& lock, std::stop_token stop, Predicate done) {
    return wait_until(lock, std::move(stop), (std::chrono::steady_clock::time_point::max)(),
                      std::move(done));
  }

  template <class Lock, class Rep, class Period, std::predicate Predicate>
  bool wait_for(Lock& lock, std::stop_token stop, const std::chrono::duration<Rep, Period>& d,
                Predicate done) {
    return wait_until(lock, std::move(stop), after(d), std::move(done));
  }

  template <class Lock, class Clock, class Duration, std::predicate Predicate>
  bool wait_until(Lock& lock, std::stop_token stop,
                  const std::chrono::time_point<Clock, Duration>& t, Predicate done) {
    // All are woken, for the callback does not know its waiter; the others look at their predicates
    // and wait on.
    const std::stop_callback wake(stop, [this]() noexcept { notify_all(); });
    while (!done()) {
      internal::cond_waiter waiter(state_);
      // Asked when queued: a stop that comes later finds us there.
      if (stop.stop_requested()) return false;
      if (!park_unlocked(lock, waiter, internal::deadline_at(t)) && Clock::now() >= t)
        return done();
    }
    return true;
  }

 private:
  template <class Rep, class Period>
  static std::chrono::steady_clock::time_point after(const std::chrono::duration<Rep, Period>& d) {
    return std::chrono::steady_clock::time_point(
        std::chrono::nanoseconds(internal::deadline_after(d)));
  }

  // With our own mutex there is no user code between queueing and parking.
  static mutex* own_mutex(std::unique_lock<mutex>& lock) noexcept {
    return lock.owns_lock() ? lock.mutex() : nullptr;
  }
  template <class Lock>
  static mutex* own_mutex(Lock&) noexcept {
    return nullptr;
  }

  // Has the user's lock unlocked while it lives.
  template <class Lock>
  class unlocked {
   public:
    explicit unlocked(Lock& lock) : lock_(lock) { lock_.unlock(); }
    ~unlocked() { lock_.lock(); }
    unlocked(const unlocked&) = delete;
    unlocked& operator=(const unlocked&) = delete;

   private:
    Lock& lock_;
  };

  template <class Lock>
  static bool park_unlocked(Lock& lock, internal::cond_waiter& waiter, std::int64_t deadline_ns) {
    const unlocked<Lock> meanwhile(lock);
    return waiter.park(deadline_ns);
  }

  // False when the deadline came first.
  template <class Lock>
  bool wait_ns(Lock& lock, std::int64_t deadline_ns) {
    if (mutex* own = own_mutex(lock)) return state_.wait(*own, deadline_ns);
    internal::cond_waiter waiter(state_);
    return park_unlocked(lock, waiter, deadline_ns);
  }

  internal::cond_state state_;
};

}  // namespace gander

#pragma GCC visibility pop
