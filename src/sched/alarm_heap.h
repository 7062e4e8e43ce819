// SPDX-License-Identifier: Apache-2.0
//
// A P's alarms: a 4-ary heap by time, behind a lock of its own, so that any thread may add, stop or
// run them. The array lies in a mapping that is reserved at its full size and committed by touch:
// it never moves, and growing allocates nothing.
//
// One thread at a time runs a heap's alarms; `running` names the function under way, so that
// alarm_stop() can wait for its end without anybody touching the alarm, whose memory the function
// may have given away.
//
// Lock order: an alarm_heap's lock is a leaf; alarm functions run after it has been released.
#pragma once

#include <gander/internal/lock.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "os/growing_table.h"
#include "sched/alarm.h"

namespace gander {

class alarm_heap {
 public:
  static constexpr std::int64_t none = INT64_MAX;

  // Runs what is due; returns how many functions it ran: none when another thread is at it. What
  // falls due meanwhile that one may leave behind, so whoever is to see to it looks again. Not
  // under any lock. Inside the runtime.
  int run_due(std::int64_t now_ns) noexcept;

  // False when the heap's P has retired.
  bool add(alarm& a, std::int64_t when_ns, std::int64_t period_ns) noexcept;

  // Moves all alarms of a P that retires; until reopen() it takes no others. Waits for a function
  // under way, for whom stop() would look in the other heap. REQUIRES: the world is stopped, or has
  // not begun. (Threads without a P add alarms all the same, and sysmon may be running some.)
  void move_to(alarm_heap& other) noexcept;
  void reopen() noexcept;

  // The earliest alarm's time. seq_cst: one side of the Dekker pairs with wake_timekeeper(), which
  // has a fence between the store of an alarm and its looks.
  std::int64_t earliest() const noexcept { return earliest_.load(); }

  // The part of the array that is in use, for those who look for pointers in it.
  const void* memory() const noexcept { return entries_; }
  std::size_t memory_used() const noexcept { return size_ * sizeof(entry); }

  // Implements alarm_stop(). False in `found` when the alarm has moved to another heap meanwhile.
  bool stop(alarm& a, bool& found) noexcept;

 private:
  struct entry {
    std::int64_t when_ns;
    alarm* a;
  };

  void reserve() noexcept;
  void place(std::uint32_t position, entry e) noexcept;
  void sift_up(std::uint32_t position, entry e) noexcept;
  void sift_down(std::uint32_t position, entry e) noexcept;
  void insert(alarm& a) noexcept;
  void remove(alarm& a) noexcept;
  void publish_earliest() noexcept;

  os::growing_table space_;
  entry* entries_ = nullptr;
  std::uint32_t size_ = 0;
  bool retired_ = false;
  std::atomic<std::int64_t> earliest_{none};
  internal::lock guard_;
  int runner_tid_ = 0;  // guarded by guard_; 0: nobody runs this heap's alarms
  std::atomic<const alarm*> running_{nullptr};  // written under guard_
};

}  // namespace gander
