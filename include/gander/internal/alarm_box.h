// SPDX-License-Identifier: Apache-2.0
//
// The runtime's alarms for header code: memory that the header's objects own, a function that runs
// on a scheduler's stack, and the ways from there back to user code.
//
// `fire` must not run user code, allocate, free or park. It may try_send raw values, close
// channels, and pass work on: to a new goroutine (spawn_errand) or to whoever comes by outside the
// border (leave_errand).
#pragma once

#include <cstddef>
#include <cstdint>

#pragma GCC visibility push(default)

namespace gander::internal {

// REQUIRES: whoever owns it starts and stops it under one lock, and only starts it when it is
// stopped.
struct alarm_box {
  explicit alarm_box(void (*f)(alarm_box&) noexcept) noexcept;
  alarm_box(const alarm_box&) = delete;
  alarm_box& operator=(const alarm_box&) = delete;

  // Non-switching. Any deadline: one that has passed is due at once.
  void start(std::int64_t deadline_ns, std::int64_t period_ns = 0) noexcept;

  // Non-switching. True when it will not fire (again). In any case `fire` does not run when this
  // returns. REQUIRES: no lock held that `fire` takes.
  bool stop() noexcept;

  void (*const fire)(alarm_box&) noexcept;
  alignas(16) std::byte storage[64];  // the runtime's alarm; 64 bytes are checked in alarm_box.cc
};

// What user code has to do on behalf of an alarm.
struct errand {
  errand* next_errand = nullptr;
  void (*run_errand)(errand&) = nullptr;
};

// Runs the errand on a goroutine of its own. False when no run() is on, or no stack is to be had.
// [alarm]
bool spawn_errand(errand& e) noexcept;

// Leaves the errand to the next who calls run_errands(). [alarm]
void leave_errand(errand& e) noexcept;
errand* take_errands() noexcept;

// User code, outside the border. Whoever makes or drops a timer or a context runs what alarms have
// left.
inline void run_errands() {
  for (errand* e = take_errands(); e != nullptr;) {
    errand* const next = e->next_errand;
    e->run_errand(*e);
    e = next;
  }
}

}  // namespace gander::internal

#pragma GCC visibility pop
