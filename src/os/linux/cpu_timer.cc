// SPDX-License-Identifier: Apache-2.0
//
// Timers that run with the CPU time of one thread.
#include <csignal>
#include <ctime>

#include "os/linux/cpu_clock.h"
#include "os/linux/errno_keeper.h"
#include "os/os.h"

namespace gander::os {

cpu_timer start_cpu_timer(int tid, int signal, std::int64_t period_ns) noexcept {
  const errno_keeper keeper;
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal;
  event._sigev_un._tid = tid;  // glibc 2.36 has no name for it
  timer_t timer;
  if (::timer_create(cpu_clock_of(tid), &event, &timer) != 0) return no_cpu_timer;
  itimerspec every{};
  every.it_interval.tv_sec = static_cast<time_t>(period_ns / 1'000'000'000);
  every.it_interval.tv_nsec = static_cast<long>(period_ns % 1'000'000'000);
  every.it_value = every.it_interval;
  if (::timer_settime(timer, 0, &every, nullptr) == 0) return reinterpret_cast<cpu_timer>(timer);
  ::timer_delete(timer);
  return no_cpu_timer;
}

void stop_cpu_timer(cpu_timer timer) noexcept {
  const errno_keeper keeper;
  if (timer != no_cpu_timer) ::timer_delete(reinterpret_cast<timer_t>(timer));
}

}  // namespace gander::os
