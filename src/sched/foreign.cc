// SPDX-License-Identifier: Apache-2.0
//
// Threads that the runtime did not make: their pseudo-M and pseudo-G, made at their first call and
// kept for the next such thread when this one ends. A pseudo-M never has a P: its border stays
// `taken`.
#include "base/check.h"
#include "os/os.h"
#include "sched/goroutine.h"
#include "sched/sched.h"
#include "sched/tracing.h"
#include "sched/who.h"

namespace gander {
namespace {

void detach(void* raw) {
  M* const m = static_cast<M*>(raw);
  if (gander_current_m != m) return;
  G* const g = m->curg;
  if (g->locals != nullptr) destroy_goroutine_locals(g);
  unbind_thread(m);
  g->record->status.store(g_status::dead, std::memory_order_relaxed);
  retire_m(m);
}

}  // namespace

M* attach_foreign_thread() noexcept {
  if (sched.forked) fatal("gander used after fork");
  M* const m = new_m(true);
  if (m->curg == nullptr) {
    m->curg = new_pseudo_g(m);
    check(m->curg != nullptr, "no memory for a thread's goroutine");
  }
  G* const g = m->curg;
  g->goid = new_goid(nullptr);
  g->locals = nullptr;
  g->record->goid.store(g->goid, std::memory_order_relaxed);  // all relaxed: for reports
  g->who = who_is(*g->record);
  g->record->status.store(g_status::running, std::memory_order_relaxed);
  bind_thread(m);
  m->in_runtime.store(
      0, std::memory_order_relaxed);  // it has no P to lose: only its own scopes read this
  os::at_thread_exit(detach, m);
  return m;
}

// For a run on this thread: a report would wait in vain for its answer.
void suspend_foreign(M* m) noexcept {
  if (m == nullptr) return;
  {
    lock_scope held(sched.guard);
    if (tracing::on()) tracing::thread_ends(m);  // its events come before the run's
  }
  m->tid = 0;
  m->curg->record->status.store(g_status::dead, std::memory_order_relaxed);  // for reports
}

// After a run on this thread: it is the foreign thread that it was before.
void rebind_foreign(M* m) noexcept {
  if (m == nullptr) return;
  bind_thread(m);
  m->curg->record->status.store(g_status::running, std::memory_order_relaxed);  // for reports
  m->in_runtime.store(0, std::memory_order_relaxed);                            // as above
}

}  // namespace gander
