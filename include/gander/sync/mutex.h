// SPDX-License-Identifier: Apache-2.0
//
// mutex and timed_mutex: mutual exclusion for goroutines and plain threads.
//
// Go's sync.Mutex: fast, and fair where it matters. *Normal mode*: waiters queue first in, first
// out, but one that is woken competes with newcomers, who are already running and usually win; that
// is what makes a hot mutex fast. *Starvation mode*: a waiter that has lost for more than 1 ms
// makes unlock() hand the mutex over to the front of the queue, until the queue is empty or a wait
// was short again.
//
//     gander::mutex m;                      // also in static storage, before main()
//     const std::lock_guard guard(m);
//
// Not recursive. Unlocking an unlocked mutex is fatal. It may be unlocked by another goroutine than
// the one that locked it. The mutex may be destroyed by whoever locked and unlocked it last, also
// while an earlier unlock() is returning. Any goroutine or plain thread; throws nothing.
#pragma once

#include <gander/internal/deadline.h>
#include <gander/internal/lock.h>
#include <gander/internal/note_holder.h>
#include <gander/internal/place.h>
#include <gander/internal/wait_list.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#pragma GCC visibility push(default)

namespace gander {

namespace internal {
class cond_state;
}

class mutex {
 public:
  constexpr mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  // Switching when the mutex is taken.
  [[gnu::always_inline]] void lock() noexcept {
    if (!try_lock_from(0)) [[unlikely]]
      lock_slow(internal::no_deadline);
    internal::note_holder(holder_);
  }

  // Non-switching. False when the mutex is taken.
  [[nodiscard, gnu::always_inline]] bool try_lock() noexcept {
    std::uint32_t s = state_.load(std::memory_order_relaxed);  // relaxed: the exchange decides
    if (!try_lock_from(s)) return false;
    internal::note_holder(holder_);
    return true;
  }

  // Non-switching.
  void unlock() noexcept {
    std::uint32_t s = locked_bit;
    // release: pairs with the acquire of the next lock(). This is the last access to the mutex.
    while (!state_.compare_exchange_weak(s, s & ~locked_bit, std::memory_order_release,
                                         std::memory_order_relaxed)) {
      if (!wakes_nobody(s)) return unlock_slow();
    }
  }

 protected:
  bool lock_slow(std::int64_t deadline_ns) noexcept;  // false when the deadline came first

  internal::holder holder_;  // written by who owns the mutex, or hands it over; for reports

 private:
  friend internal::inside;
  friend internal::cond_state;

  // `s` is what the state may be: a guess that it is free costs nothing when it is.
  bool try_lock_from(std::uint32_t s) noexcept {
    while ((s & locked_bit) == 0) {
      // acquire: pairs with the release of unlock().
      if (state_.compare_exchange_weak(s, s | locked_bit, std::memory_order_acquire,
                                       std::memory_order_relaxed))
        return true;
    }
    return false;
  }

  static constexpr std::uint32_t locked_bit = 1;  // somebody owns it
  static constexpr std::uint32_t woken_bit =
      2;  // a waiter runs and competes: unlock() need not wake another
  static constexpr std::uint32_t starving_bit = 4;  // unlock() hands over; implies locked_bit
  static constexpr std::uint32_t waiting_bit =
      8;  // somebody may be queued; goes up and down under queue_lock_ only

  // Whether unlock() in this state has only to clear locked_bit.
  static bool wakes_nobody(std::uint32_t s) noexcept {
    return s == locked_bit || s == (locked_bit | woken_bit) ||
           s == (locked_bit | woken_bit | waiting_bit);
  }

  void unlock_slow() noexcept;
  bool announce_waiter(std::uint32_t& s, bool woken, bool starving) noexcept;
  bool release_to(internal::sudog& waiter) noexcept;

  std::atomic<std::uint32_t> state_{0};
  internal::lock queue_lock_;
  internal::wait_list waiters_;
};

// A mutex that can be waited for with a time limit.
class timed_mutex : public mutex {
 public:
  // Switching. False when the time was over before the mutex was free.
  template <class Rep, class Period>
  [[nodiscard, gnu::always_inline]] bool try_lock_for(const std::chrono::duration<Rep, Period>& d) {
    if (try_lock()) return true;
    return noted(lock_slow(internal::deadline_after(d)));
  }

  template <class Clock, class Duration>
  [[nodiscard, gnu::always_inline]] bool try_lock_until(
      const std::chrono::time_point<Clock, Duration>& t) {
    if (try_lock()) return true;
    return noted(internal::attempt_until(t, [this](std::int64_t ns) { return lock_slow(ns); }));
  }

 private:
  [[gnu::always_inline]] bool noted(bool locked) noexcept {
    if (locked) internal::note_holder(holder_);
    return locked;
  }
};

}  // namespace gander

#pragma GCC visibility pop
