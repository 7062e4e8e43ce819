// SPDX-License-Identifier: Apache-2.0
//
// glibc's timer_create is a system call and no more, but for SIGEV_THREAD: so it may be used in a
// handler.
#include <csignal>
#include <ctime>

#include "os/linux/errno_keeper.h"
#include "os/os.h"

namespace gander::os {

bool signal_periodically(int tid, int signal, std::int64_t period_ns) noexcept {
  const errno_keeper keeper;
  static timer_t timer;
  static int timer_tid = 0;
  if (timer_tid != tid) {
    if (timer_tid != 0) ::timer_delete(timer);
    timer_tid = 0;
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signal;
    event._sigev_un._tid = tid;  // glibc 2.36 has no name for it
    if (period_ns == 0 || ::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return false;
    timer_tid = tid;
  }
  itimerspec every{};
  every.it_interval.tv_sec = static_cast<time_t>(period_ns / 1'000'000'000);
  every.it_interval.tv_nsec = static_cast<long>(period_ns % 1'000'000'000);
  every.it_value = every.it_interval;
  return ::timer_settime(timer, 0, &every, nullptr) == 0;
}

}  // namespace gander::os
