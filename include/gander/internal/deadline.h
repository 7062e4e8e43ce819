// SPDX-License-Identifier: Apache-2.0
//
// Time limits: any std::chrono duration or time point becomes a deadline on the runtime's clock, in
// nanoseconds. All arithmetic saturates: hours::max() is for ever, negative and NaN durations are
// due now.
//
// A user's clock is user code, so all of this runs outside the border.
#pragma once

#include <chrono>
#include <cstdint>

#pragma GCC visibility push(default)

namespace gander::internal {

inline constexpr std::int64_t no_deadline = INT64_MAX;
inline constexpr std::int64_t already_due = INT64_MIN;

// The clock of all deadlines, monotonic. Non-switching.
std::int64_t monotonic_ns() noexcept;

// The deadline `timeout` from now. Fractions of a nanosecond are rounded up: never early.
template <typename Rep, typename Period>
std::int64_t deadline_after(const std::chrono::duration<Rep, Period>& timeout) {
  constexpr double most_seconds = 9.2e9;  // below 2^63 ns, with room for rounding
  const double seconds = std::chrono::duration<double>(timeout).count();
  if (!(seconds > 0)) return already_due;  // NaN too
  if (seconds >= most_seconds) return no_deadline;
  const std::int64_t wait_ns = std::chrono::ceil<std::chrono::nanoseconds>(timeout).count();
  const std::int64_t now_ns = monotonic_ns();
  return wait_ns < no_deadline - now_ns ? now_ns + wait_ns : no_deadline;
}

template <typename Clock, typename Duration>
std::int64_t deadline_at(const std::chrono::time_point<Clock, Duration>& when) {
  const auto now = Clock::now();
  if (!(now < when)) return already_due;
  using seconds = std::chrono::duration<double>;
  const seconds remaining = seconds(when.time_since_epoch()) - seconds(now.time_since_epoch());
  // The exact difference overflows where the rough one is huge.
  if (remaining.count() >= 9.2e9) return no_deadline;
  return deadline_after(when - now);
}

// Runs `attempt(deadline_ns)`, which says whether it got what it wanted, until `when` has come on
// its own clock: a clock that is set back makes the wait longer.
template <typename Clock, typename Duration, typename Attempt>
bool attempt_until(const std::chrono::time_point<Clock, Duration>& when, Attempt&& attempt) {
  for (;;) {
    const std::int64_t deadline_ns = deadline_at(when);
    if (attempt(deadline_ns)) return true;
    if (deadline_ns == already_due) return false;
  }
}

}  // namespace gander::internal

#pragma GCC visibility pop
