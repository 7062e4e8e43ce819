// SPDX-License-Identifier: Apache-2.0
//
// What tracing.cc, trace_stacks.cc and trace_generations.cc share: looks at what is traced, and the
// events that say in which state something is. The rule of tracing.h holds.
#pragma once

#include <cstdint>

#include "sched/g_table.h"
#include "sched/tracing.h"
#include "unwind/quick_walk.h"

namespace gander::tracing {

using trace::current_generation;
using trace::go_state;
using trace::kind;
using trace::text;

// A change of GOMAXPROCS, or of the generation, is still to be told, by the next who may.
extern std::atomic<bool> procs_change_due;

// trace_gc.cc's: that a collection is under way is to be told, too; and its telling.
extern std::atomic<bool> gc_active_due;
void begin_generation_of_gc() noexcept;
void tell_gc_active(M* m) noexcept;

inline traced_g& traced(const G& g) noexcept {
  return g_table::traced()[g.record - g_table::records()];
}

inline std::uint64_t thread_of(const M& m) noexcept {
  return static_cast<std::uint64_t>(int{m.tid});
}

// --- stacks
// The number of the stack that begins at `from`, on g's; 0: none. `last` is g's last one of this
// kind: this one may be the same, or one that has followed it before.
std::uint32_t stack_from(const unwind::start& from, const G& g, std::uint32_t last) noexcept;

inline std::uint32_t parked_stack(const G& g, std::uint32_t last) noexcept {
  return stack_from(unwind::parked(g.sp), g, last);
}

// Of the calling goroutine, which is in the runtime. Nothing on a scheduler's stack, whose frames
// tell nothing, nor on a plain thread, whose bounds are not known.
[[gnu::always_inline]] inline std::uint32_t own_stack(const M& m) noexcept {
  const G* const g = m.curg;
  if (m.scheduling || g == nullptr || g->foreign) return 0;
  traced_g& t = traced(*g);
  return t.last_stack = stack_from(unwind::here(), *g, t.last_stack);
}

// --- states
inline void set_state(traced_g& t, go_state state) noexcept {
  t.state.store(state, std::memory_order_release);  // after the claim; pairs with tell_the_silent()
}

inline void put_status(trace::writer& w, std::uint64_t batch_thread, std::uint64_t goid,
                       const traced_g& t, go_state state, std::uint64_t thread,
                       std::uint32_t stack) noexcept {
  trace::tables().stacks.use(stack, current_generation);
  w.put(batch_thread, kind::go_status_stack, goid,
        state == go_state::syscall ? thread : trace::no_thread, state, stack);
  if (t.assists) w.put(batch_thread, kind::gc_mark_assist_active, goid);
}

// A goroutine that this generation brings forth.
inline void begin_to_know(traced_g& t) noexcept {
  const std::uint32_t now = current_generation;
  t.claimed.store(now, std::memory_order_relaxed);
  t.sequence = 0;
  t.sequence_generation = now;
}

inline void know_proc(trace::writer& w, std::uint64_t thread, P& p,
                      trace::proc_state state) noexcept {
  if (p.trace_generation == current_generation) return;
  p.trace_generation = current_generation;
  p.trace_sequence = 0;
  w.put(thread, kind::proc_status, p.id, state);
  if (p.sweeps) w.put(thread, kind::gc_sweep_active, p.id);
}

}  // namespace gander::tracing
