// SPDX-License-Identifier: Apache-2.0
//
// The shared inside of timer, ticker and after().
//
// Lifetime: counted references; the handle has one, an alarm that is queued another, which passes
// to the goroutine of an after_func. The last one may go in an alarm, which frees nothing: it
// leaves an errand.
#pragma once

#include <gander/chan.h>
#include <gander/internal/alarm_box.h>
#include <gander/internal/lock.h>
#include <gander/internal/user_cells.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::internal {

using tick = std::chrono::steady_clock::time_point;

struct timer_node : errand, alarm_box {
  using destroyer = void (*)(timer_node*) noexcept;

  timer_node(void (*f)(alarm_box&) noexcept, destroyer d) noexcept : alarm_box(f), destroy(d) {}

  // Both: true when it was still running, or its last value had not been received; and no value of
  // before can be received any more. Non-switching.
  // `place`: of the call in the program.
  bool reset(std::int64_t deadline_ns, std::int64_t period_ns, std::uintptr_t place) noexcept;
  bool halt(chan_event how, std::uintptr_t place) noexcept;

  // The first start(); as reset(), but told as the making of it.
  void begin(chan_owner kind, std::int64_t deadline_ns, std::int64_t period_ns,
             std::uintptr_t place) noexcept;

  void unref() noexcept {
    if (last_unref()) destroy(this);
  }

  // acq_rel: all that others did with the node happens before its end.
  bool last_unref() noexcept { return references.fetch_sub(1, std::memory_order_acq_rel) == 1; }

  bool halt_locked() noexcept;                                                   // REQUIRES: guard
  void start_locked(std::int64_t deadline_ns, std::int64_t period_ns) noexcept;  // REQUIRES: guard
  void remember(chan_event what, std::uintptr_t place) noexcept;

  const destroyer destroy;
  std::atomic<std::uint32_t> references{1};
  lock guard;             // orders halt() and reset(); `fire` does not take it
  bool periodic = false;  // guarded by `guard`, constant while the alarm is queued
  chan<tick> c;           // nil for an after_func
};

// The `fire` functions.
void send_tick(alarm_box& box) noexcept;
void spawn_function(alarm_box& box) noexcept;

template <class Node, class... Args>
Node* make_node(Args&&... args) {
  run_errands();
  return internal::make_in_cells<Node>(std::forward<Args>(args)...);
}

template <class Node>
void destroy_node(Node* node) noexcept {
  internal::destroy_in_cells(node);
}

struct chan_timer : timer_node {
  chan_timer()
      : timer_node(send_tick,
                   [](timer_node* n) noexcept { destroy_node(static_cast<chan_timer*>(n)); }) {
    c = make_chan<tick>(1);
  }
};

template <class F>
struct function_timer : timer_node {
  explicit function_timer(F f)
      : timer_node(spawn_function,
                   [](timer_node* n) noexcept { destroy_node(static_cast<function_timer*>(n)); }),
        function(std::move(f)) {
    run_errand = [](errand& e) {
      auto& node = static_cast<function_timer&>(e);
      struct unref_at_end {
        timer_node& n;
        ~unref_at_end() { n.unref(); }
      } const at_end{node};
      node.function();
    };
  }
  F function;
};

}  // namespace gander::internal

#pragma GCC visibility pop
