// SPDX-License-Identifier: Apache-2.0
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "os/os.h"

namespace gander::os {
namespace {

// FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC, so an early return needs no
// arithmetic.
long futex(const std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* deadline) {
  return ::syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, deadline, nullptr,
                   FUTEX_BITSET_MATCH_ANY);
}

}  // namespace

bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::int64_t deadline_ns) noexcept {
  // Handlers and code interrupted inside a C library call must find errno as they left it.
  const int saved_errno = errno;
  timespec at{};
  const timespec* limit = nullptr;
  if (deadline_ns != no_deadline) {
    if (deadline_ns < 0) deadline_ns = 0;
    at.tv_sec = static_cast<time_t>(deadline_ns / 1'000'000'000);
    at.tv_nsec = static_cast<long>(deadline_ns % 1'000'000'000);
    limit = &at;
  }
  const bool timed_out =
      futex(word, FUTEX_WAIT_BITSET, expected, limit) == -1 && errno == ETIMEDOUT;
  errno = saved_errno;
  return !timed_out;
}

void futex_wake(const std::atomic<std::uint32_t>& word, int count) noexcept {
  const int saved_errno = errno;
  futex(word, FUTEX_WAKE, static_cast<std::uint32_t>(count), nullptr);
  errno = saved_errno;
}

}  // namespace gander::os
