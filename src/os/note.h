// SPDX-License-Identifier: Apache-2.0
//
// A note: one thread sleeps, another wakes it, once. A wakeup before the sleep is not lost.
//
// clear() → (wakeup ∥ sleep) → clear(): the sleeper clears, after it has made sure that nobody
// wakes any more.
#pragma once

#include <atomic>
#include <cstdint>

#include "os/os.h"

namespace gander::os {

class note {
 public:
  // relaxed: whoever may wake learns of the note under a lock taken after this.
  void clear() noexcept { word_.store(0, std::memory_order_relaxed); }

  // release: what the waker wrote before is seen by the sleeper. A second wakeup changes nothing.
  void wakeup() noexcept {
    if (word_.exchange(1, std::memory_order_release) == 0) futex_wake(word_);
  }

  // acquire: pairs with wakeup(). Returns false when the deadline came first.
  bool sleep(std::int64_t deadline_ns = no_deadline) noexcept {
    while (word_.load(std::memory_order_acquire) == 0) {
      if (!futex_wait(word_, 0, deadline_ns)) return word_.load(std::memory_order_acquire) != 0;
    }
    return true;
  }

  bool signaled() const noexcept { return word_.load(std::memory_order_acquire) != 0; }

 private:
  std::atomic<std::uint32_t> word_{0};
};

}  // namespace gander::os
