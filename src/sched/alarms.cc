// SPDX-License-Identifier: Apache-2.0
//
// Alarms as their users see them: start and stop, and whose heap they go to.
#include <algorithm>

#include "os/os.h"
#include "sched/alarm.h"
#include "sched/alarm_heap.h"
#include "sched/sched.h"

namespace gander {
namespace {

// The P's own heap; without a P some heap of one that exists: any will do, all have locks.
alarm_heap& heap_for(const M* m) noexcept {
  if (P* p = m->p) return p->alarms;
  const std::uint32_t procs = sched.procs;
  return sched.all_ps[static_cast<std::uint32_t>(m->tid) % procs]->alarms;
}

}  // namespace

void alarm_start(alarm& a, std::int64_t when_ns, std::int64_t period_ns) noexcept {
  ensure_runtime();
  // The first P never retires.
  if (!heap_for(current_m()).add(a, when_ns, period_ns))
    sched.all_ps[0]->alarms.add(a, when_ns, period_ns);
  wake_timekeeper(when_ns);
}

void alarm_start_before_park(alarm& a, std::int64_t when_ns) noexcept {
  heap_for(current_m()).add(a, when_ns, 0);
}

bool alarm_stop(alarm& a) noexcept {
  for (;;) {
    alarm_heap* const heap = a.heap.load(std::memory_order_acquire);  // pairs with add()
    if (heap == nullptr) return false;                                // never started
    bool found = false;
    const bool was_queued = heap->stop(a, found);
    if (found) return was_queued;
  }
}

std::int64_t earliest_alarm() noexcept {
  std::int64_t earliest = alarm_heap::none;
  for (std::uint32_t i = 0; i < sched.procs; ++i)
    earliest = std::min(earliest, sched.all_ps[i]->alarms.earliest());
  return earliest;
}

int run_alarms(P* p, std::int64_t now_ns) noexcept { return p->alarms.run_due(now_ns); }

}  // namespace gander
