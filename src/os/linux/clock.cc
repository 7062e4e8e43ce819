// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <ctime>

#include "os/linux/cpu_clock.h"
#include "os/os.h"

namespace gander::os {
namespace {

constexpr std::int64_t to_ns(const timespec& t) {
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

std::int64_t now_ns() noexcept {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return to_ns(t);
}

std::int64_t unix_now_ns() noexcept {
  timespec t;
  ::clock_gettime(CLOCK_REALTIME, &t);
  return to_ns(t);
}

std::int64_t thread_cpu_ns(int tid) noexcept {
  timespec t;
  return ::clock_gettime(cpu_clock_of(tid), &t) == 0 ? to_ns(t) : -1;
}

void sleep_ns(std::int64_t duration_ns) noexcept {
  const int saved_errno = errno;
  timespec left{static_cast<time_t>(duration_ns / 1'000'000'000),
                static_cast<long>(duration_ns % 1'000'000'000)};
  while (::nanosleep(&left, &left) == -1 && errno == EINTR) {
  }
  errno = saved_errno;
}

}  // namespace gander::os
