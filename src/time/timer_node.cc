// SPDX-License-Identifier: Apache-2.0
//
// Go 1.23's promise: after stop() or reset() no value from before is received. The channel keeps
// one value; the alarm is stopped first, which also waits for a `fire` in progress, and what it has
// sent is then taken back.
#include <gander/internal/timer_node.h>

#include "os/os.h"
#include "sched/border.h"

namespace gander::internal {
namespace {

// On a scheduler's stack nothing is freed.
void unref_in_alarm(timer_node& node) noexcept {
  if (!node.last_unref()) return;
  node.run_errand = [](errand& e) {
    auto& dead = static_cast<timer_node&>(e);
    dead.destroy(&dead);
  };
  leave_errand(node);
}

}  // namespace

bool timer_node::halt_locked() noexcept {
  const bool was_queued = stop();
  // Not the last one: the caller's handle has another. relaxed for that reason.
  if (was_queued) references.fetch_sub(1, std::memory_order_relaxed);
  tick stale;
  const bool unreceived = c && chan_try_receive(*access::core(c), &stale) == chan_result::done;
  return was_queued || unreceived;
}

void timer_node::start_locked(std::int64_t deadline_ns, std::int64_t period_ns) noexcept {
  periodic = period_ns > 0;
  references.fetch_add(1, std::memory_order_relaxed);  // the alarm's
  start(deadline_ns, period_ns);
}

void timer_node::remember(chan_event what, std::uintptr_t place) noexcept {
  if (c) changed_at(*access::core(c), what, who_am_i(), place);
}

bool timer_node::halt(chan_event how, std::uintptr_t place) noexcept {
  const runtime_scope scope;
  const lock_scope held(guard);
  const bool was_active = halt_locked();
  remember(how, place);  // behind a `fire` in progress
  return was_active;
}

bool timer_node::reset(std::int64_t deadline_ns, std::int64_t period_ns,
                       std::uintptr_t place) noexcept {
  const runtime_scope scope;
  const lock_scope held(guard);
  const bool was_active = halt_locked();
  remember(chan_event::reset, place);
  start_locked(deadline_ns, period_ns);
  return was_active;
}

void timer_node::begin(chan_owner kind, std::int64_t deadline_ns, std::int64_t period_ns,
                       std::uintptr_t place) noexcept {
  const runtime_scope scope;
  const lock_scope held(guard);
  if (c) made_at(*access::core(c), kind, place);
  start_locked(deadline_ns, period_ns);
}

// Drops the tick when the receiver is slow: the channel still has the one before.
void send_tick(alarm_box& box) noexcept {
  auto& node = static_cast<timer_node&>(box);
  tick now{std::chrono::nanoseconds(os::now_ns())};
  chan_core& core = *access::core(node.c);
  // First: whoever receives the tick, and dies of it, shall find it told.
  if (core.event.load(std::memory_order_relaxed) != chan_event::fired)
    changed_at(core, chan_event::fired, 0, 0);
  chan_try_send(core, &now);
  if (!node.periodic) unref_in_alarm(node);
}

void spawn_function(alarm_box& box) noexcept {
  auto& node = static_cast<timer_node&>(box);
  if (!spawn_errand(node)) unref_in_alarm(node);
}

}  // namespace gander::internal
