// SPDX-License-Identifier: Apache-2.0
//
// One round of the scheduler: find a goroutine, run it. Always on g0.
#include "base/check.h"
#include "base/sanitizers.h"
#include "sched/sched.h"

namespace gander {

scheduler sched;

namespace {

// An M that has found work stops being a spinning one. The last of them wakes another, so that work
// that arrived while it was the only one looking is not left alone.
void stop_spinning(M* m) noexcept {
  m->spinning = false;
  const std::uint32_t before =
      sched.spinning.fetch_sub(1);  // seq_cst: see docs/design/scheduler_parking.md
  dcheck(before != 0, "spinning Ms miscounted");
  if (before == 1) wake_p();
}

// The common case without the questions of find_runnable(): the own queue has a goroutine, and
// nothing else is due.
runnable take_from_own_queue(P* p) noexcept {
  if (p == nullptr || p->schedtick % global_queue_interval == 0) return {};
  if (sched.stop_pending.load(std::memory_order_acquire)) return {};
  if (p->alarms.earliest() != alarm_heap::none) return {};
  return p->runq.get();
}

}  // namespace

GANDER_LEFT_BY_SWITCH void schedule() noexcept {
  M* const m = current_m();
  dcheck(m->scheduling, "schedule off the scheduler's stack");
  m->curg = nullptr;
  if (m->locked_g != nullptr) {
    const bool inherits_slice = wait_for_locked_g(m);
    return execute(m->locked_g, inherits_slice);
  }
  if (m->is_run_thread) return leave_run_thread(m);
  for (;;) {
    runnable next = take_from_own_queue(m->p);
    if (next.g == nullptr) next = find_runnable(m);
    const auto [g, inherits_slice] = next;
    if (m->spinning) stop_spinning(m);
    // ready() looked before the run ended, and queued it afterwards.
    if (g->world != sched.world) [[unlikely]]
      continue;
    if (g->locked_m != nullptr && g->locked_m != m) [[unlikely]] {
      start_locked_m(m, g, inherits_slice);
      stop_m(m);
      continue;
    }
    return execute(g, inherits_slice);
  }
}

}  // namespace gander
