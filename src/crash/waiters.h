// SPDX-License-Identifier: Apache-2.0
//
// Who waits in a list, and what a report remembers of the lists that it has looked at: of thousands
// of goroutines most wait in few of them, and nobody moves while it is written.
#pragma once

#include <gander/internal/wait_list.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sched/g_table.h"

namespace gander::crash {

// Those who wait in a list, the first first.
struct waiters {
  static constexpr unsigned most_named = 4;
  static constexpr unsigned most_counted = 16;  // each costs three misses of the cache

  std::uint64_t goids[most_named] = {};
  const g_record* first = nullptr;
  unsigned count = 0;
  bool more = false;    // than most_counted
  bool broken = false;  // not what the goroutines' records say
};

// The last few. One for each report.
class lists_seen {
 public:
  const waiters* find(const internal::sudog* head, std::uintptr_t object) const noexcept {
    for (const entry& each : last_)
      if (each.head == head && each.object == object) return &each.found;
    return nullptr;
  }
  void add(const internal::sudog* head, std::uintptr_t object, const waiters& found) noexcept {
    entry& e = last_[next_];
    // A part of a report may be left in between.
    e.head = nullptr;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    e.object = object;
    e.found = found;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    e.head = head;
    next_ = (next_ + 1) % last_.size();
  }

 private:
  struct entry {
    const internal::sudog* head = nullptr;  // of a list that is not empty
    std::uintptr_t object = 0;
    waiters found;
  };
  std::array<entry, 8> last_{};
  std::size_t next_ = 0;
};

}  // namespace gander::crash
