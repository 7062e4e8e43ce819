// SPDX-License-Identifier: Apache-2.0
//
// Putting goroutines where they will be found: a P's own queue, or the global one.
#include "sched/sched.h"

namespace gander {
namespace {

void put_global_batch(std::span<G* const> batch) noexcept {
  lock_scope held(sched.guard);
  sched.global_queue.push(batch);
  sched.global_count.store(sched.global_queue.size(),
                           std::memory_order_release);  // a hint; who gives up a P takes the lock
}

}  // namespace

void put_local(P* p, G* g, bool next) noexcept {
  run_queue::overflow spilled;
  if (next)
    p->runq.put_next(g, spilled);
  else
    p->runq.put(g, spilled);
  if (!spilled.empty()) put_global_batch(spilled.gs());
}

void put_global(G* g) noexcept { put_global_batch({&g, 1}); }

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
