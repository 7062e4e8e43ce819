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
#include <type_traits>

#pragma GCC visibility push(default)

namespace gander::internal {

inline constexpr std::int64_t no_deadline = INT64_MAX;
inline constexpr std::int64_t already_due = INT64_MIN;
inline constexpr double most_seconds = 9.2e9;  // below 2^63 ns, with room for rounding

// The clock of all deadlines, monotonic. Non-switching.
std::int64_t monotonic_ns() noexcept;

// The deadline `timeout` from now. Fractions of a nanosecond are rounded up: never early.
template <typename Rep, typename Period>
std::int64_t deadline_after(const std::chrono::duration<Rep, Period>& timeout) {
  const double seconds = std::chrono::duration<double>(timeout).count();
  if (!(seconds > 0)) return already_due;  // NaN too
  if (seconds >= most_seconds) return no_deadline;
  const std::int64_t wait_ns = std::chrono::ceil<std::chrono::nanoseconds>(timeout).count();
  const std::int64_t now_ns = monotonic_ns();
  return wait_ns < no_deadline - now_ns ? now_ns + wait_ns : no_deadline;
}

// The exact difference of two time points overflows when they are far apart, and so does each of
// them in the other's finer unit: hours::max() in nanoseconds. So the rough difference is looked at
// first.
template <typename Clock, typename Duration>
std::int64_t deadline_at(const std::chrono::time_point<Clock, Duration>& when) {
  using seconds = std::chrono::duration<double>;
  using exact = std::common_type_t<typename Clock::duration, Duration>;
  const double most_exact = 0.99 * seconds((exact::max)()).count();
  const auto now = Clock::now();
  const seconds when_s(when.time_since_epoch());
  const seconds remaining = when_s - seconds(now.time_since_epoch());
  if (remaining.count() < -1) return already_due;  // more than the rounding of any date
  if (remaining.count() >= most_seconds) return no_deadline;
  if (when_s.count() > most_exact) return internal::deadline_after(remaining);
  return now < when ? internal::deadline_after(when - now) : already_due;
}

// Runs `attempt(deadline_ns)`, which says whether it got what it wanted, until `when` has come on
// its own clock: a clock that is set back makes the wait longer.
template <typename Clock, typename Duration, typename Attempt>
bool attempt_until(const std::chrono::time_point<Clock, Duration>& when, Attempt&& attempt) {
  for (;;) {
    const std::int64_t deadline_ns = internal::deadline_at(when);
    if (attempt(deadline_ns)) return true;
    if (deadline_ns == already_due) return false;
  }
}

}  // namespace gander::internal

#pragma GCC visibility pop
