// SPDX-License-Identifier: Apache-2.0
#include "sched/tracing.h"

#include <array>
#include <span>

#include "base/check.h"
#include "sched/sched.h"
#include "sched/trace_states.h"

namespace gander::tracing {

std::atomic<bool> procs_change_due{false};

namespace {

// --- stacks
trace::string_id intern(std::string_view string) noexcept {
  return trace::intern(trace::tables(), string, current_generation);
}

// The function that a goroutine begins with, as a stack of one frame.
std::uint32_t entry_stack(const G& g) noexcept {
  const std::uintptr_t behind_first_byte = reinterpret_cast<std::uintptr_t>(g.entry) + 1;
  return trace::tables().stacks.find_or_add({&behind_first_byte, 1}, current_generation);
}

// Before an event of g: the generation shall know g, and the sequence number be one of it.
void know(M* m, const G& g, traced_g& t) noexcept {
  const std::uint32_t now = current_generation;
  if (t.sequence_generation == now) [[likely]]
    return;
  std::uint32_t before = t.claimed.load(std::memory_order_relaxed);  // the swap decides
  if (before != now && t.claimed.compare_exchange_strong(before, now, std::memory_order_acq_rel)) {
    const go_state state = t.state.load(std::memory_order_relaxed);  // the owner's own
    if (state == go_state::waiting && t.stack.load(std::memory_order_relaxed) == 0)
      t.stack.store(parked_stack(g, 0), std::memory_order_relaxed);  // it has waited since before
    put_status(m->trace, thread_of(*m), g.goid, t, state, t.thread.load(std::memory_order_relaxed),
               t.stack.load(std::memory_order_relaxed));
  }
  t.sequence = 0;
  t.sequence_generation = now;
}

void put_create(M* m, const G& g, traced_g& t, std::uint32_t stack) noexcept {
  begin_to_know(t);
  trace::tables().stacks.use(stack, current_generation);
  m->trace.put(thread_of(*m), kind::go_create, g.goid, entry_stack(g), stack);
  set_state(t, go_state::runnable);
}

text text_of(wait_reason reason) noexcept {
  switch (reason) {
    case wait_reason::chan_receive:
      return text::chan_receive;
    case wait_reason::chan_send:
      return text::chan_send;
    case wait_reason::chan_receive_nil:
    case wait_reason::chan_send_nil:
    case wait_reason::select_no_cases:
      return text::forever;
    case wait_reason::select:
      return text::select;
    case wait_reason::sleep:
      return text::sleep;
    case wait_reason::cond_wait:
      return text::cond_wait;
    case wait_reason::semacquire:
    case wait_reason::mutex_lock:
    case wait_reason::rwmutex_rlock:
    case wait_reason::rwmutex_lock:
    case wait_reason::wait_group_wait:
    case wait_reason::latch_wait:
    case wait_reason::barrier_wait:
    case wait_reason::join:
      return text::sync;
    case wait_reason::trace_reader:
    case wait_reason::stopping_the_world:
      return text::system_goroutine_wait;
    case wait_reason::none:
      return text::unspecified;
  }
  return text::unspecified;
}

// For the next event of a goroutine that goes on. If it has waited long, in no cache are
// its outermost frames, which only footprints look at, and the lines below sp that the frames of
// this file take, which lie deeper than the scheduler's. Inlined always: GCC drops calls of a
// function that only prefetches.
[[gnu::always_inline]] inline void prefetch_stack(const G& g) noexcept {
  constexpr std::ptrdiff_t line = 64;
  const char* const high = reinterpret_cast<const char*>(g.stack_high);
  for (std::ptrdiff_t i = 1; i <= 3; ++i) __builtin_prefetch(high - i * line);
  const char* const sp = static_cast<const char*>(g.sp);
  for (std::ptrdiff_t i = 1; i <= 5; ++i) __builtin_prefetch(sp - i * line, 1);
}

// A goroutine leaves its M: g's context is saved, m is on g0.
void leave(M* m, G* g, kind k, text reason, go_state state) noexcept {
  traced_g& t = traced(*g);
  const std::uint32_t stack = parked_stack(*g, t.stack.load(std::memory_order_relaxed));
  m->trace.put(thread_of(*m), k, reason, stack);
  t.stack.store(stack, std::memory_order_relaxed);
  set_state(t, state);
  m->just_traced = true;
}

}  // namespace

[[gnu::noinline]] void go_created(M* m, G* g) noexcept {
  traced_g& t = traced(*g);
  const std::uint32_t stack = own_stack(*m);
  if (m->p != nullptr) return put_create(m, *g, t, stack);
  // Without a P the event may not be written: by the M that starts it. (When tracing begins now, it
  // may know the goroutine already.)
  if (t.state.load(std::memory_order_relaxed) != go_state::none) return;
  t.stack.store(stack, std::memory_order_relaxed);
  set_state(t, go_state::uncreated);
}

void go_starts(M* m, G* g) noexcept {
  traced_g& t = traced(*g);
  if (t.sequence != 0) prefetch_stack(*g);  // else it is new, and may call little
  if (t.state.load(std::memory_order_relaxed) == go_state::uncreated)
    put_create(m, *g, t, t.stack.load(std::memory_order_relaxed));
  know(m, *g, t);
  ++t.sequence;
  if (m->just_traced)
    m->trace.put_next(thread_of(*m), kind::go_start, g->goid, t.sequence);
  else
    m->trace.put(thread_of(*m), kind::go_start, g->goid, t.sequence);
  m->just_traced = false;
  set_state(t, go_state::running);
  if (const G* const next = m->p->runq.first()) __builtin_prefetch(&traced(*next), 1);
  if (procs_change_due.load(std::memory_order_relaxed) &&
      procs_change_due.exchange(false, std::memory_order_relaxed))
    m->trace.put_next(thread_of(*m), kind::procs_change, std::uint32_t{sched.procs}, 0);
  if (gc_active_due.load(std::memory_order_relaxed)) [[unlikely]]
    tell_gc_active(m);
}

void go_stops(M* m, G* g, text reason) noexcept {
  leave(m, g, kind::go_stop, reason, go_state::runnable);
}

void go_blocks(M* m, G* g, wait_reason reason) noexcept {
  leave(m, g, kind::go_block, text_of(reason), go_state::waiting);
}

[[gnu::noinline]] void go_unblocked(M* m, G* g) noexcept {
  // A batch of a thread whose goroutine is in a system call begins with that: readers bind the two
  // by the first of the thread's own events.
  if (G* const self = m->curg; m->p == nullptr && self != nullptr && !self->foreign)
    if (traced(*self).state.load(std::memory_order_relaxed) == go_state::syscall)
      know(m, *self, traced(*self));
  // Of one that has waited long nothing is in the caches; the own stack is looked at meanwhile.
  traced_g& t = traced(*g);
  __builtin_prefetch(&t, 1);
  const std::uint32_t stack = own_stack(*m);
  know(m, *g, t);
  ++t.sequence;
  m->trace.put(thread_of(*m), kind::go_unblock, g->goid, t.sequence, stack);
  set_state(t, go_state::runnable);
}

void go_destroyed(M* m, G* g) noexcept {
  traced_g& t = traced(*g);
  m->trace.put(thread_of(*m), kind::go_destroy);
  set_state(t, go_state::none);
  m->just_traced = true;
}

void go_came_back(M* m, G* g) noexcept {
  traced_g& t = traced(*g);
  if (t.state.load(std::memory_order_relaxed) != go_state::syscall) return;
  know(m, *g, t);
  m->trace.put(thread_of(*m), kind::go_syscall_end_blocked);
  set_state(t, go_state::runnable);
}

void proc_started(M* m, P* p) noexcept {
  know_proc(m->trace, thread_of(*m), *p, trace::proc_state::idle);
  m->trace.put(thread_of(*m), kind::proc_start, p->id, ++p->trace_sequence);
}

void proc_stopped(M* m) noexcept { m->trace.put(thread_of(*m), kind::proc_stop); }

[[gnu::noinline]] void go_leaves_p(M* m) noexcept {
  G* const g = m->curg;
  traced_g& t = traced(*g);
  const std::uint32_t stack = own_stack(*m);
  m->trace.put(thread_of(*m), kind::go_syscall_begin, ++m->p->trace_sequence, stack);
  t.thread.store(static_cast<std::uint32_t>(thread_of(*m)), std::memory_order_relaxed);
  t.stack.store(stack, std::memory_order_relaxed);
  set_state(t, go_state::syscall);
}

void proc_taken(M* m, P* p, G* g, bool computes, blocked_at where) noexcept {
  traced_g& t = traced(*g);
  const std::uint64_t thread = thread_of(*m);
  if (computes) {
    const std::uintptr_t user_code = 1;  // named so when tables are written
    const std::uint32_t stack =
        trace::tables().stacks.find_or_add({&user_code, 1}, current_generation);
    m->trace.put(thread, kind::go_stop, text::preempted, stack);
    m->trace.put_next(thread, kind::proc_stop);
    t.stack.store(stack, std::memory_order_relaxed);
    set_state(t, go_state::runnable);
    return;
  }
  const bool on_its_stack = where.sp >= g->stack_low && where.sp < g->stack_high;
  const std::uint32_t stack =
      on_its_stack ? stack_from(unwind::start{where.pc, where.sp, 0}, *g, 0) : 0;
  m->trace.put(thread, kind::go_syscall_begin, ++p->trace_sequence, stack);
  m->trace.put_next(thread, kind::proc_steal, p->id, ++p->trace_sequence, thread);
  t.thread.store(static_cast<std::uint32_t>(thread), std::memory_order_relaxed);
  t.stack.store(stack, std::memory_order_relaxed);
  set_state(t, go_state::syscall);
}

[[gnu::noinline]] void task_begins(M* m, std::uint64_t task, std::uint64_t parent,
                                   std::string_view name) noexcept {
  m->trace.put(thread_of(*m), kind::user_task_begin, task, parent, intern(name), own_stack(*m));
}

[[gnu::noinline]] void task_ends(M* m, std::uint64_t task) noexcept {
  m->trace.put(thread_of(*m), kind::user_task_end, task, own_stack(*m));
}

[[gnu::noinline]] void region_begins(M* m, std::uint64_t task, std::string_view name) noexcept {
  // Its end must find the same name: where there is no room for it, the generation is torn.
  const trace::string_id number = intern(name);
  if (number == 0 && !name.empty()) trace::events_lost.store(true, std::memory_order_relaxed);
  m->trace.put(thread_of(*m), kind::user_region_begin, task, number, own_stack(*m));
}

[[gnu::noinline]] void region_ends(M* m, std::uint64_t task, std::string_view name) noexcept {
  m->trace.put(thread_of(*m), kind::user_region_end, task, intern(name), own_stack(*m));
}

[[gnu::noinline]] void log(M* m, std::uint64_t task, std::string_view key,
                           std::string_view value) noexcept {
  m->trace.put(thread_of(*m), kind::user_log, task, intern(key), intern(value), own_stack(*m));
}

void stw_begin(M* m, text kind_of_stop) noexcept {
  m->trace.put(thread_of(*m), kind::stw_begin, kind_of_stop, own_stack(*m));
}

void stw_end(M* m) noexcept { m->trace.put(thread_of(*m), kind::stw_end); }

void procs_change_unseen() noexcept { procs_change_due.store(true, std::memory_order_relaxed); }

void procs_changed(M* m) noexcept {
  procs_change_due.store(false, std::memory_order_relaxed);
  m->trace.put(thread_of(*m), kind::procs_change, std::uint32_t{sched.procs}, own_stack(*m));
}

void thread_ends(M* m) noexcept { m->trace.close(); }

}  // namespace gander::tracing
