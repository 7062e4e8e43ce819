// SPDX-License-Identifier: Apache-2.0
//
// The lock of the runtime's own short critical sections: spin, yield, then sleep on a futex.
//
// Invariants: word is 0 (free), 1 (held) or 2 (held, and somebody may sleep). Not recursive, not
// fair: sections are a few dozen instructions, no user code runs in them, and nothing parks while
// holding one (park() releases the lock it is given from the scheduler's stack). It blocks the
// thread, never the goroutine.
//
// Trivially constructible at compile time, so that a mutex in static storage works before main().
#pragma once

#include <atomic>
#include <cstdint>

#pragma GCC visibility push(default)

namespace gander::internal {

class lock {
 public:
  constexpr lock() noexcept = default;
  lock(const lock&) = delete;
  lock& operator=(const lock&) = delete;

  // acquire: pairs with the release in release(), which published what the section protects.
  void acquire() noexcept {
    std::uint32_t free = 0;
    if (!word_.compare_exchange_strong(free, 1, std::memory_order_acquire,
                                       std::memory_order_relaxed)) [[unlikely]]
      acquire_slow();
  }

  bool try_acquire() noexcept {
    std::uint32_t free = 0;
    return word_.compare_exchange_strong(free, 1, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }

  // After the exchange the lock's memory may be gone: release_slow() uses only its address.
  void release() noexcept {
    if (word_.exchange(0, std::memory_order_release) == 2) [[unlikely]]
      release_slow();
  }

  bool held() const noexcept {
    return word_.load(std::memory_order_relaxed) != 0;
  }  // for assertions only

 private:
  void acquire_slow() noexcept;
  void release_slow() noexcept;

  std::atomic<std::uint32_t> word_{0};
};

class lock_scope {
 public:
  explicit lock_scope(lock& l) noexcept : lock_(l) { lock_.acquire(); }
  ~lock_scope() { lock_.release(); }
  lock_scope(const lock_scope&) = delete;
  lock_scope& operator=(const lock_scope&) = delete;

 private:
  lock& lock_;
};

}  // namespace gander::internal

#pragma GCC visibility pop
