// SPDX-License-Identifier: Apache-2.0
#include "collector/assist.h"

#include <gander/internal/gc_runtime.h>

#include <algorithm>
#include <atomic>

#include "collector/pacer.h"
#include "gc/marker.h"
#include "os/os.h"
#include "sched/sched.h"
#include "sched/tracing.h"

namespace gander::collector {

constinit gc::work_pool marking_pool;

namespace {

std::atomic<std::int64_t> total_ns{0};  // relaxed: for people

}  // namespace

bool assist(M* m, std::size_t bytes) noexcept {
  if (!marking_pool.has_work()) return false;
  const std::int64_t begin_ns = os::now_ns();
  tracing::mark_assist_begins(m);
  gc::marker marker(marking_pool);
  marker.drain(std::min(bytes, most_assist_bytes));
  marker.hand_over();
  pacer::assisted(marker.marked_bytes());
  tracing::mark_assist_ends(m);
  total_ns.fetch_add(os::now_ns() - begin_ns, std::memory_order_relaxed);
  return true;
}

namespace {

// His time slice is over, and there are others. (Without the second, who never switches would not
// assist any more.)
bool shall_leave(const P& p) noexcept {
  return p.preempt && (!p.runq.empty() || sched.global_count.load(std::memory_order_relaxed) != 0);
}

}  // namespace

void assist_all() noexcept {
  while (marking_pool.has_work()) {
    const runtime_scope scope;
    M* const m = scope.m();
    if (m->p == nullptr) take_idle_p(m);
    // relaxed: it changes in stops only, and who has a P is in none
    if (m->p == nullptr || shall_leave(*m->p) ||
        !internal::gc_now.marking.load(std::memory_order_relaxed) || !assist(m, most_assist_bytes))
      return;
  }
}

std::int64_t assisted_ns() noexcept { return total_ns.load(std::memory_order_relaxed); }

}  // namespace gander::collector
