// SPDX-License-Identifier: Apache-2.0
//
// The heap's collector in a trace: a range of all, ranges of Ps and of goroutines, and two numbers.
// What is under way when a generation begins is told again there: a reader may begin with it.
//
// Sequence numbers order the events of the one range of all; they and the flags beside them are
// under `guard`, which is taken inside of all locks but the pool's.
#include <gander/internal/lock.h>

#include "sched/trace_states.h"

namespace gander::tracing {

std::atomic<bool> gc_active_due{false};

namespace {

internal::lock guard;
bool gc_is_under_way = false;
std::uint64_t gc_sequence = 0;  // of the last event; it goes on from trace to trace

// Once in a generation; under guard.
void tell_that_it_is_under_way(M* m) noexcept {
  if (!gc_active_due.exchange(false, std::memory_order_relaxed)) return;
  m->trace.put(thread_of(*m), kind::gc_active, ++gc_sequence);
}

}  // namespace

void begin_generation_of_gc() noexcept {
  const internal::lock_scope held(guard);
  gc_active_due.store(gc_is_under_way, std::memory_order_relaxed);
}

void tell_gc_active(M* m) noexcept {
  const internal::lock_scope held(guard);
  tell_that_it_is_under_way(m);
}

[[gnu::noinline]] void gc_begins(M* m) noexcept {
  const std::uint32_t stack = on() ? own_stack(*m) : 0;
  const internal::lock_scope held(guard);
  gc_is_under_way = true;
  if (on()) m->trace.put(thread_of(*m), kind::gc_begin, ++gc_sequence, stack);
}

void gc_ends(M* m) noexcept {
  const internal::lock_scope held(guard);
  gc_is_under_way = false;
  if (!on()) return;
  tell_that_it_is_under_way(m);
  m->trace.put(thread_of(*m), kind::gc_end, ++gc_sequence);
}

[[gnu::noinline]] void sweep_begins(M* m) noexcept {
  m->p->sweeps = true;
  if (on()) m->trace.put(thread_of(*m), kind::gc_sweep_begin, own_stack(*m));
}

void sweep_ends(M* m, std::uint64_t swept_bytes, std::uint64_t reclaimed_bytes) noexcept {
  m->p->sweeps = false;
  if (on()) m->trace.put(thread_of(*m), kind::gc_sweep_end, swept_bytes, reclaimed_bytes);
}

[[gnu::noinline]] void mark_assist_begins(M* m) noexcept {
  traced(*m->curg).assists = true;
  if (on()) m->trace.put(thread_of(*m), kind::gc_mark_assist_begin, own_stack(*m));
}

void mark_assist_ends(M* m) noexcept {
  traced(*m->curg).assists = false;
  if (on()) m->trace.put(thread_of(*m), kind::gc_mark_assist_end);
}

void heap_live(M* m, std::uint64_t bytes) noexcept {
  if (on()) m->trace.put(thread_of(*m), kind::heap_alloc, bytes);
}

void heap_goal(M* m, std::uint64_t bytes) noexcept {
  if (on()) m->trace.put(thread_of(*m), kind::heap_goal, bytes);
}

}  // namespace gander::tracing
