// SPDX-License-Identifier: Apache-2.0
//
// shared_mutex: many readers or one writer, for goroutines and plain threads. Go's sync.RWMutex.
//
// A waiting writer keeps new readers out, so readers cannot starve it; when a writer unlocks, all
// readers who wait by then go first, so writers cannot starve readers. Hence a reader must not lock
// again while it reads: a writer that came in between would wait for it, and it for the writer.
//
//     const std::shared_lock reading(m);
//
//     const std::unique_lock writing(m);
//
// Unlocking what is not locked is fatal. Destruction: as mutex, by whoever unlocked last.
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

class woken_list;

class shared_mutex {
 public:
  constexpr shared_mutex() noexcept = default;
  shared_mutex(const shared_mutex&) = delete;
  shared_mutex& operator=(const shared_mutex&) = delete;

  // Switching when the mutex is taken.
  [[gnu::always_inline]] void lock() noexcept {
    if (!try_lock_writer()) [[unlikely]]
      lock_slow(internal::no_deadline);
    internal::note_holder(writer_);
  }

  // Non-switching.
  [[nodiscard, gnu::always_inline]] bool try_lock() noexcept { return noted(try_lock_writer()); }

  // Switching. False when the time was over first.
  template <class Rep, class Period>
  [[nodiscard, gnu::always_inline]] bool try_lock_for(const std::chrono::duration<Rep, Period>& d) {
    return noted(try_lock_writer() || lock_slow(internal::deadline_after(d)));
  }

  template <class Clock, class Duration>
  [[nodiscard, gnu::always_inline]] bool try_lock_until(
      const std::chrono::time_point<Clock, Duration>& t) {
    return noted(try_lock_writer() ||
                 internal::attempt_until(t, [this](std::int64_t ns) { return lock_slow(ns); }));
  }

  // Non-switching.
  void unlock() noexcept {
    std::uint32_t expected = writer_bit;
    // release: pairs with the acquire of the next lock.
    if (!state_.compare_exchange_strong(expected, 0, std::memory_order_release,
                                        std::memory_order_relaxed)) [[unlikely]]
      unlock_slow();
  }

  // Switching when a writer has or wants the mutex.
  void lock_shared() noexcept {
    if (!try_lock_shared()) [[unlikely]]
      lock_shared_slow(internal::no_deadline);
  }

  // Non-switching. False when a writer has or wants the mutex.
  [[nodiscard]] bool try_lock_shared() noexcept {
    std::uint32_t s = state_.load(std::memory_order_relaxed);  // relaxed: the exchange decides
    while ((s & (writer_bit | queued_bit)) == 0) {
      // acquire: pairs with the release of unlock().
      if (state_.compare_exchange_weak(s, s + one_reader, std::memory_order_acquire,
                                       std::memory_order_relaxed))
        return true;
    }
    return false;
  }

  // Switching. False when the time was over first.
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& d) {
    return try_lock_shared() || lock_shared_slow(internal::deadline_after(d));
  }

  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& t) {
    return try_lock_shared() ||
           internal::attempt_until(t, [this](std::int64_t ns) { return lock_shared_slow(ns); });
  }

  // Non-switching.
  void unlock_shared() noexcept {
    std::uint32_t s = state_.load(std::memory_order_relaxed);
    while ((s & queued_bit) == 0 && s >= one_reader) [[likely]] {
        // release: pairs with the acquire of the writer that comes next.
        if (state_.compare_exchange_weak(s, s - one_reader, std::memory_order_release,
                                         std::memory_order_relaxed))
          return;
      }
    unlock_shared_slow();
  }

 private:
  friend internal::inside;

  bool try_lock_writer() noexcept {
    std::uint32_t expected = 0;
    // acquire: pairs with the release of both unlocks.
    return state_.compare_exchange_strong(expected, writer_bit, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }

  [[gnu::always_inline]] bool noted(bool locked) noexcept {
    if (locked) internal::note_holder(writer_);
    return locked;
  }

  static constexpr std::uint32_t writer_bit = 1;  // a writer owns it
  static constexpr std::uint32_t queued_bit =
      2;  // somebody may be queued: all changes under queue_lock_
  static constexpr std::uint32_t one_reader = 4;  // above: how many readers own it

  bool lock_slow(std::int64_t deadline_ns) noexcept;
  bool lock_shared_slow(std::int64_t deadline_ns) noexcept;
  void unlock_slow() noexcept;
  void unlock_shared_slow() noexcept;

  void set_queued() noexcept;
  void set_state(std::uint32_t owners) noexcept;
  void admit_readers(std::uint32_t owners, woken_list& admitted) noexcept;
  void admit_writer(internal::sudog& writer, woken_list& admitted) noexcept;
  void writer_gave_up() noexcept;
  internal::past last_writer() const noexcept;

  std::atomic<std::uint32_t> state_{0};
  internal::lock queue_lock_;
  internal::wait_list readers_;
  internal::wait_list writers_;
  internal::holder writer_;  // the last one; written by who owns it, or hands it over; for reports
};

}  // namespace gander

#pragma GCC visibility pop
