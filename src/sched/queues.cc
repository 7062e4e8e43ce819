// SPDX-License-Identifier: Apache-2.0
//
// Putting goroutines where they will be found: a P's own queue, or the global one.
#include "sched/sched.h"
#include "sched/tracing.h"

namespace gander {
namespace {

void push_global(std::span<G* const> batch) noexcept {  // under the lock
  sched.global_queue.push(batch);
  sched.global_count.store(sched.global_queue.size(),
                           std::memory_order_release);  // a hint; who gives up a P takes the lock
}

void put_global_batch(std::span<G* const> batch) noexcept {
  lock_scope held(sched.guard);
  push_global(batch);
}

}  // namespace

// What spills has its room in the P: 4 KiB on the stack, that of a goroutine that wakes another,
// would cost each of them a page and each wakeup a cold line, for nothing in most cases.
void put_local(P* p, G* g, bool next) noexcept {
  run_queue::overflow& spilled = p->spilled;
  if (next)
    p->runq.put_next(g, spilled);
  else
    p->runq.put(g, spilled);
  if (spilled.empty()) return;
  put_global_batch(spilled.gs());
  spilled.clear();
}

void put_global(G* g) noexcept { put_global_batch({&g, 1}); }

void put_global_without_p(G* g, void (*event)(M*, G*) noexcept) noexcept {
  lock_scope held(sched.guard);
  if (is_over(*g)) return;  // the caller may have looked before its run ended
  if (tracing::on()) [[unlikely]]
    event(current_m(), g);
  g->record->status.store(g_status::runnable, std::memory_order_relaxed);
  push_global({&g, 1});
}

// A fair share for p, or `max`; all but the first go to its queue.
G* get_global(P* p, std::uint32_t max) noexcept {
  const std::uint32_t size = sched.global_queue.size();
  if (size == 0) return nullptr;
  std::uint32_t count = size / sched.procs + 1;
  if (count > size) count = size;
  if (max != 0 && count > max) count = max;
  if (count > run_queue::capacity / 2) count = run_queue::capacity / 2;
  G* const first = sched.global_queue.pop();
  run_queue::overflow spilled;  // none: half a ring, or one, for an empty ring
  while (--count > 0 && spilled.empty()) p->runq.put(sched.global_queue.pop(), spilled);
  sched.global_queue.push(spilled.gs());
  sched.global_count.store(sched.global_queue.size(), std::memory_order_release);
  return first;
}

}  // namespace gander
