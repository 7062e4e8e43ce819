// SPDX-License-Identifier: Apache-2.0
//
// Switching between a goroutine and g0, the scheduler's stack of its M, and what travels with a
// goroutine: errno, the exceptions in flight, and the floating-point control words.
//
// g0 is used anew from its top at every switch: nothing on it outlives the code that schedules.
// That code is a chain of tail calls, for the reason that arch.h gives.
#include "arch/arch.h"
#include "base/check.h"
#include "base/sanitizers.h"
#include "sched/sanitizer.h"
#include "sched/scavenger.h"
#include "sched/sched.h"
#include "sched/stack_look.h"
#include "sched/tracing.h"

namespace gander {

relaxed<stack_looker> look_at_stack_first;

namespace {

[[maybe_unused]] GANDER_LEFT_BY_SWITCH void on_scheduler_stack(void* raw) {
  M* const m = current_m();
  sanitizer::entered_scheduler(m);
  return m->mcall_body(static_cast<G*>(raw));
}

}  // namespace

// Not inlined, and it reads nothing of the thread after the switch: the goroutine wakes up on
// another one.
[[gnu::noinline]] void mcall(void (*body)(G*), bool for_ever) noexcept {
  M* const m = current_m();
  G* const g = m->curg;
  dcheck(!m->scheduling, "mcall on the scheduler's stack");
  g->exceptions = *m->exceptions;
  g->saved_errno = *m->errno_location;
  arch::save_fp_control(g->fp);
  arch::copy(m->fp, g->fp);  // what the registers hold until the next goroutine loads its own
  m->scheduling = true;
  m->mcall_body = body;
  sanitizer::leave_goroutine(g, m, for_ever);
  // Called on the other stack; through on_scheduler_stack only where a sanitizer wants to hear of
  // the arrival.
  void (*const entry)(void*) =
      sanitizer::reports_faults ? on_scheduler_stack : reinterpret_cast<void (*)(void*)>(body);
  // 8 bytes below the saved context keep the stack aligned.
  gander_mcall(&g->sp, entry, g, static_cast<char*>(m->g0_sp) - 8);
  if constexpr (sanitizer::reports_faults) {
    sanitizer::entered_goroutine(g);
    *current_m()->errno_location = g->saved_errno;  // once more: sanitizers touch it on the way
  }
}

GANDER_LEFT_BY_SWITCH void execute(G* g, bool inherits_slice) noexcept {
  M* const m = current_m();
  if (const stack_looker look = look_at_stack_first) [[unlikely]]
    look(*g);
  m->curg = g;
  g->m = m;
  g_record& record = *g->record;
  revive(record, g_status::running);
  record.sp.store(0, std::memory_order_relaxed);
  if (tracing::on()) [[unlikely]]
    tracing::go_starts(m, g);
  P* const p = m->p;
  if (!inherits_slice) p->schedtick = p->schedtick + 1;
  *m->exceptions = g->exceptions;
  if (g->fp != m->fp) arch::load_fp_control(g->fp);
  *m->errno_location = g->saved_errno;
  m->scheduling = false;
  sanitizer::enter_goroutine(g, m);
  return gander_gogo(g->sp);
}

GANDER_LEFT_BY_SWITCH void resume_thread(M* m) noexcept {
  m->scheduling = false;
  sanitizer::leave_scheduler(m);
  return gander_gogo(m->g0_sp);
}

}  // namespace gander
