// SPDX-License-Identifier: Apache-2.0
//
// Sleeping, timers and tickers, for goroutines and plain threads, with any std::chrono duration;
// all conversions saturate, so duration::max() is for ever, and what is not positive is now.
//
//     gander::sleep_for(10ms);
//     gander::timer t(1s);
//     gander::select(gander::on_recv(words, use), gander::on_recv(t.c(), [](auto) { give_up(); }));
//
// Any goroutine or plain thread. What makes a timer throws std::bad_alloc. Sleeps and timers end at
// their time or later, never earlier.
#pragma once

#include <gander/chan.h>
#include <gander/internal/deadline.h>
#include <gander/internal/timer_node.h>
#include <gander/panic.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

namespace internal {
void sleep_until_ns(std::int64_t deadline_ns) noexcept;
}

// Waits for `d`. Switching. Returns at once when `d` is not positive, as Go's Sleep.
template <class Rep, class Period>
void sleep_for(const std::chrono::duration<Rep, Period>& d) {
  if (const auto deadline_ns = internal::deadline_after(d); deadline_ns != internal::already_due)
    internal::sleep_until_ns(deadline_ns);
}

// Waits until the clock of `t` says so. Switching. A clock that is set back makes the sleep longer.
template <class Clock, class Duration>
void sleep_until(const std::chrono::time_point<Clock, Duration>& t) {
  internal::attempt_until(t, [](std::int64_t deadline_ns) {
    if (deadline_ns != internal::already_due) internal::sleep_until_ns(deadline_ns);
    return false;
  });
}

// One value, the time, comes from this channel after `d`. Non-switching.
//
//     auto late = gander::after(1s);
template <class Rep, class Period>
[[nodiscard, gnu::always_inline]] inline recv_chan<std::chrono::steady_clock::time_point> after(
    const std::chrono::duration<Rep, Period>& d) {
  auto* const node = internal::make_node<internal::chan_timer>();
  recv_chan<internal::tick> c = node->c;
  // Without end nobody would ever free the node.
  if (const auto deadline_ns = internal::deadline_after(d); deadline_ns != internal::no_deadline)
    node->begin(internal::chan_owner::timer, deadline_ns, 0, internal::here());
  else
    internal::made_at(*internal::access::core(c), internal::chan_owner::timer, internal::here());
  node->unref();
  return c;
}

// One event in the future: a value from c(), or a call. Go's time.Timer as of Go 1.23: once stop()
// or reset() has returned, no value from before is received. All its functions are non-switching,
// and may be called from anywhere; each timer by one thread at a time. The end of a timer with a
// channel stops it; that of an after_func does not.
//
//     auto watchdog = gander::timer::after_func(30s, [] { give_up(); });
//     watchdog.reset(30s);
//     watchdog.stop();
class [[nodiscard]] timer {
 public:
  // A value comes from c() after `d`.
  template <class Rep, class Period>
  [[gnu::always_inline]] explicit timer(const std::chrono::duration<Rep, Period>& d)
      : timer(internal::make_node<internal::chan_timer>()) {
    node_->begin(internal::chan_owner::timer, internal::deadline_after(d), 0, internal::here());
  }

  // Runs f() on a goroutine of its own after `d`; should no run() be on then, it is not called.
  template <class Rep, class Period, class F>
  requires std::invocable < std::decay_t<F>
  & > static timer after_func(const std::chrono::duration<Rep, Period>& d, F&& f) {
    using node = internal::function_timer<std::decay_t<F>>;
    timer t(internal::make_node<node>(std::forward<F>(f)));
    t.node_->begin(internal::chan_owner::timer, internal::deadline_after(d), 0, 0);
    return t;
  }

  timer(timer&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  timer& operator=(timer&& other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  [[gnu::always_inline]] ~timer() {
    if (node_ == nullptr) return;
    if (node_->c) node_->halt(internal::chan_event::dropped, internal::here());
    node_->unref();
  }

  // Nil for an after_func.
  recv_chan<std::chrono::steady_clock::time_point> c() const noexcept { return node_->c; }

  // False when it had been stopped, or its value received, or its function started.
  [[gnu::always_inline]] bool stop() noexcept {
    return node_->halt(internal::chan_event::stopped, internal::here());
  }

  // Makes it due `d` from now. True as stop().
  template <class Rep, class Period>
  [[gnu::always_inline]] bool reset(const std::chrono::duration<Rep, Period>& d) {
    return node_->reset(internal::deadline_after(d), 0, internal::here());
  }

 private:
  explicit timer(internal::timer_node* node) noexcept : node_(node) {}

  internal::timer_node* node_;
};

// A value from c() every `d`. Ticks that come while one is still there are dropped. Functions as
// those of timer. The constructor and reset() throw panic_error when `d` is not positive.
//
//     gander::ticker beat(100ms);
//     for (auto now : beat.c()) show(now);
class [[nodiscard]] ticker {
 public:
  template <class Rep, class Period>
  [[gnu::always_inline]] explicit ticker(const std::chrono::duration<Rep, Period>& d)
      : node_(nullptr) {
    const std::int64_t period_ns = period_of(d, "non-positive interval for NewTicker");
    node_ = internal::make_node<internal::chan_timer>();
    node_->begin(internal::chan_owner::ticker, internal::deadline_after(d), period_ns,
                 internal::here());
  }
  ticker(ticker&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  ticker& operator=(ticker&& other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  [[gnu::always_inline]] ~ticker() {
    if (node_ == nullptr) return;
    node_->halt(internal::chan_event::dropped, internal::here());
    node_->unref();
  }

  recv_chan<std::chrono::steady_clock::time_point> c() const noexcept { return node_->c; }
  [[gnu::always_inline]] void stop() noexcept {
    node_->halt(internal::chan_event::stopped, internal::here());
  }

  template <class Rep, class Period>
  [[gnu::always_inline]] void reset(const std::chrono::duration<Rep, Period>& d) {
    const std::int64_t period_ns = period_of(d, "non-positive interval for Ticker.Reset");
    node_->reset(internal::deadline_after(d), period_ns, internal::here());
  }

 private:
  template <class Rep, class Period>
  static std::int64_t period_of(const std::chrono::duration<Rep, Period>& d,
                                const char* complaint) {
    const double about_ns = std::chrono::duration<double, std::nano>(d).count();
    if (!(about_ns > 0)) panic(complaint);
    if (about_ns >= 9.2e18) return internal::no_deadline;
    return std::chrono::ceil<std::chrono::nanoseconds>(d).count();
  }

  internal::timer_node* node_;
};

}  // namespace gander

#pragma GCC visibility pop
