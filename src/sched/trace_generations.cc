// SPDX-License-Identifier: Apache-2.0
//
// The collector's part of tracing.h: where generations begin and end, and what they say of
// goroutines and Ps that do nothing.
#include "sched/sched.h"
#include "sched/trace_states.h"

namespace gander::tracing {
namespace {

// Goroutines that run with a P: known from the start, since their Ms may write nothing for a long
// time. Their Ms cannot enter: the P is borrowed.
void tell_the_running() noexcept {
  for (std::uint32_t id = 0; id < sched.procs_made; ++id) {
    P& p = *sched.all_ps[id];
    M* const m = p.m;
    if (m == nullptr || m->p != &p || m->border.load(std::memory_order_acquire) != borrowed)
      continue;
    know_proc(m->trace, thread_of(*m), p, trace::proc_state::running);
    if (G* const g = m->curg) {
      traced_g& t = traced(*g);
      begin_to_know(t);
      put_status(m->trace, thread_of(*m), g->goid, t, go_state::running, trace::no_thread, 0);
      set_state(t, go_state::running);
    }
  }
}

void begin_generation(std::uint32_t number) noexcept {
  current_generation = number;
  procs_change_due.store(true, std::memory_order_relaxed);
  begin_generation_of_gc();
  tell_the_running();
}

// Ps without an event are idle. (Readers refuse a generation without any event: here is one.)
void tell_the_idle(trace::writer& w) noexcept {
  for (std::uint32_t id = 0; id < sched.procs_made; ++id)
    know_proc(w, trace::no_thread, *sched.all_ps[id], trace::proc_state::idle);
}

// Their numbers are void.
void forget_stacks() noexcept {
  const std::size_t count = g_table::size();
  for (std::size_t i = 0; i < count; ++i) {
    g_table::traced()[i].stack.store(0, std::memory_order_relaxed);
    g_table::traced()[i].last_stack = 0;
  }
}

void close_all() noexcept {
  while (trace::writer* const w = trace::pool::any_writer()) w->begin_generation();
}

// What the table says of goroutines that no M runs.
go_state state_by_record(const g_record& record) noexcept {
  const bool over = !sched.active || record.world.load(std::memory_order_relaxed) != sched.world;
  if (over || record.foreign.load(std::memory_order_relaxed)) return go_state::none;
  switch (record.status.load(std::memory_order_relaxed)) {
    case g_status::waiting:
      return go_state::waiting;
    case g_status::runnable:
    case g_status::running:  // on its way to the global queue
      return go_state::runnable;
    case g_status::dead:
    case g_status::idle:
      break;
  }
  return go_state::none;
}

}  // namespace

void begin(std::uint32_t first_generation) noexcept {
  trace::empty_tables();
  const std::size_t count = g_table::size();
  for (std::size_t i = 0; i < count; ++i) {
    traced_g& t = g_table::traced()[i];
    t.claimed.store(0, std::memory_order_relaxed);
    t.stack.store(0, std::memory_order_relaxed);
    t.sequence_generation = 0;
    t.last_stack = 0;
    t.state.store(state_by_record(g_table::records()[i]), std::memory_order_relaxed);
  }
  // Goroutines whose P was taken: nobody knows any more whether they block.
  for (M* m = sched.all_ms; m != nullptr; m = m->all_next) {
    m->just_traced = false;
    G* const g = m->curg;
    if (m->foreign || g == nullptr || m->exited.load(std::memory_order_relaxed) ||
        m->border.load(std::memory_order_relaxed) != taken || is_over(*g))
      continue;
    traced_g& t = traced(*g);
    if (m->computes_without_p.load(std::memory_order_relaxed)) {
      t.state.store(go_state::runnable, std::memory_order_relaxed);
      continue;
    }
    t.thread.store(static_cast<std::uint32_t>(thread_of(*m)), std::memory_order_relaxed);
    t.state.store(go_state::syscall, std::memory_order_relaxed);
  }
  begin_generation(first_generation);
}

namespace {

ended_generation end_present(trace::writer& w) noexcept {
  tell_the_idle(w);
  close_all();
  return {trace::pool::take_all(), trace::events_lost.exchange(false, std::memory_order_relaxed)};
}

}  // namespace

ended_generation next_generation(trace::writer& w) noexcept {
  const ended_generation ended = end_present(w);
  const std::uint32_t next = current_generation + 1;
  if (trace::change_tables(next)) forget_stacks();
  begin_generation(next);
  return ended;
}

ended_generation end(trace::writer& w) noexcept {
  const ended_generation ended = end_present(w);
  current_generation = 0;
  return ended;
}

namespace {
std::atomic<void (*)(std::int64_t) noexcept> round_function{nullptr};
}

void set_sysmon_round(void (*function)(std::int64_t) noexcept) noexcept {
  round_function.store(function, std::memory_order_release);  // pairs with the load below
}

void sysmon_round(std::int64_t now_ns) noexcept {
  if (auto* const function = round_function.load(std::memory_order_acquire)) function(now_ns);
}

namespace {

// Of a goroutine that may go on at any moment: then nonsense.
std::uint32_t waiting_stack(const g_record& record) noexcept {
  const G* const g = record.g.load(std::memory_order_acquire);
  const std::uintptr_t sp = record.sp.load(std::memory_order_relaxed);
  constexpr std::size_t context_bytes = 256;  // more than any saved context has
  // At a crash g may be damaged; but it lies where its stack ends, and a walk only goes upwards.
  if (g == nullptr || g->stack_high != reinterpret_cast<std::uintptr_t>(g) || sp < g->stack_low ||
      sp + context_bytes > g->stack_high)
    return 0;
  return stack_from(unwind::parked(reinterpret_cast<const void*>(sp)), *g, 0);
}

}  // namespace

void for_each_silent(bool frozen, void (*visit)(void* argument, const silent_g& g),
                     void* argument) noexcept {
  const std::uint32_t now = current_generation;
  const std::size_t count = g_table::size();
  for (std::size_t i = 0; i < count; ++i) {
    traced_g& t = g_table::traced()[i];
    std::uint32_t before = t.claimed.load(std::memory_order_acquire);
    if (before == now) continue;
    const g_record& record = g_table::records()[i];
    silent_g g;
    g.state = t.state.load(std::memory_order_acquire);
    if (g.state == go_state::none || g.state == go_state::uncreated) continue;
    if (record.world.load(std::memory_order_relaxed) != sched.world) continue;
    g.goid = record.goid.load(std::memory_order_relaxed);
    if (g.state == go_state::syscall) g.thread = t.thread.load(std::memory_order_relaxed);
    g.stack = t.stack.load(std::memory_order_relaxed);
    // Has waited since before the trace. If the swap succeeds, it has not moved meanwhile.
    const bool unknown = g.stack == 0 && g.state == go_state::waiting;
    if (unknown) g.stack = waiting_stack(record);
    g.assists = t.assists;
    // GoSyscallEndBlocked has no sequence number: its time, under the same lock, must be later.
    const bool locked = !frozen && g.state == go_state::syscall;
    if (locked) sched.guard.acquire();
    const bool ours = t.claimed.compare_exchange_strong(before, now, std::memory_order_acq_rel);
    if (ours) {
      trace::tables().stacks.use(g.stack, now);
      visit(argument, g);
    }
    if (locked) sched.guard.release();
    if (!ours) continue;
    std::uint32_t none = 0;  // its owner may know a later one by now
    if (unknown) t.stack.compare_exchange_strong(none, g.stack, std::memory_order_relaxed);
  }
}

void tell_the_silent(trace::writer& w) noexcept {
  const auto tell = [](void* to, const silent_g& g) {
    auto& into = *static_cast<trace::writer*>(to);
    into.put(trace::no_thread, kind::go_status_stack, g.goid, g.thread, g.state, g.stack);
    if (g.assists) into.put(trace::no_thread, kind::gc_mark_assist_active, g.goid);
  };
  for_each_silent(/*frozen=*/false, tell, &w);
}

}  // namespace gander::tracing
