// SPDX-License-Identifier: Apache-2.0
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "os/os.h"

namespace gander::os {
namespace {

// As this call has it, whatever time_t a program is compiled with.
struct kernel_time {
  long seconds = 0;
  long ns = 0;
};

// FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC, so an early return needs no
// arithmetic.
long futex(const std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const kernel_time* deadline) {
  return ::syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, deadline, nullptr,
                   FUTEX_BITSET_MATCH_ANY);
}

}  // namespace

bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::int64_t deadline_ns) noexcept {
  // Handlers and code interrupted inside a C library call must find errno as they left it.
  const int saved_errno = errno;
  kernel_time at;
  const kernel_time* limit = nullptr;
  if (deadline_ns != no_deadline) {
    if (deadline_ns < 0) deadline_ns = 0;
    // Where a long has 32 bits a later deadline is the end of what the clock can show.
    at.seconds = static_cast<long>(std::min<std::int64_t>(deadline_ns / 1'000'000'000, LONG_MAX));
    at.ns = static_cast<long>(deadline_ns % 1'000'000'000);
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
