// SPDX-License-Identifier: Apache-2.0
//
// Parking and waking, for goroutines and for the pseudo-goroutines of foreign threads.
#include "sched/park.h"

#include "base/check.h"
#include "base/random.h"
#include "base/sanitizers.h"
#include "os/os.h"
#include "sched/alarm.h"
#include "sched/sched.h"
#include "sched/tracing.h"

namespace gander {
namespace {

void commit_nothing(void*) noexcept {}
void commit_unlock(void* held) noexcept { static_cast<lock*>(held)->release(); }

void set_waiting(G* g, wait_reason reason, const void* object, std::int64_t now_ns) noexcept {
  g_record& record = *g->record;  // all relaxed: for reports
  record.wait_since.store(wait_clock(now_ns), std::memory_order_relaxed);
  record.reason.store(reason, std::memory_order_relaxed);
  record.waits_for.store(object, std::memory_order_relaxed);
  record.sp.store(reinterpret_cast<std::uintptr_t>(g->sp), std::memory_order_relaxed);
  // release: the scavenger, when it sees this, sees this wait's sp and not an earlier one's.
  record.status.store(g_status::waiting, std::memory_order_release);
}

// On g0, g's context is saved. Once the commit has run, g may be running elsewhere: it must not be
// touched.
GANDER_LEFT_BY_SWITCH void park_on_g0(G* g) {
  M* const m = current_m();
  if (tracing::on()) [[unlikely]]
    tracing::go_blocks(m, g, m->reason);
  set_waiting(g, m->reason, m->waits_for, sched.coarse_now_ns);
  g->m = nullptr;
  m->curg = nullptr;
  m->commit(m->commit_argument);
  return schedule();
}

// The own queue is cheaper and as fair, unless somebody waits in the global one, which is looked at
// rarely.
GANDER_LEFT_BY_SWITCH void yield_on_g0(G* g) {
  M* const m = current_m();
  P* const p = m->p;
  if (tracing::on()) [[unlikely]]
    tracing::go_stops(m, g, p->preempt ? trace::text::preempted : trace::text::gosched);
  g->record->sp.store(reinterpret_cast<std::uintptr_t>(g->sp), std::memory_order_relaxed);
  g->record->status.store(g_status::runnable, std::memory_order_relaxed);
  g->m = nullptr;
  m->curg = nullptr;
  p->preempt = false;
  if (sched.global_count.load(std::memory_order_relaxed) == 0)
    put_local(p, g, /*next=*/false);
  else
    put_global(g);
  return schedule();
}

// A foreign thread's wakeup counter goes 0 → 1 by ready() and back by the sleeper.
bool park_foreign(G* g, void (*commit)(void*) noexcept, void* argument, wait_reason reason,
                  const void* object, std::int64_t deadline_ns) {
  M* const m = g->m;
  set_waiting(g, reason, object, os::now_ns());
  m->parked.store(deadline_ns == os::no_deadline);  // seq_cst: for the deadlock rule
  commit(argument);
  bool woken = true;
  while (g->wakeups.load(std::memory_order_acquire) == 0 && woken)  // acquire: pairs with ready()
    woken = os::futex_wait(g->wakeups, 0, deadline_ns);
  woken = g->wakeups.exchange(0, std::memory_order_acquire) != 0;
  m->parked.store(false);
  g->record->status.store(g_status::running, std::memory_order_relaxed);
  return woken;
}

// What the alarm of park_until() needs to know. On the parked goroutine's stack.
struct deadline {
  lock* held;
  wait_list* list;
  sudog* waiter;
};

void deadline_came(alarm& a) {
  const auto* d = static_cast<const deadline*>(a.argument);
  sudog* const waiter = d->waiter;
  // The goroutine and its stack are still there after its run, but not what it waited for.
  if (is_over(*waiter->g)) return;
  lock* const held = d->held;
  held->acquire();
  if (!waiter->queued) {  // a waker was faster
    held->release();
    return;
  }
  d->list->remove(*waiter);
  waiter->timed_out = true;
  G* const g = waiter->g;
  held->release();
  ready(g);
}

}  // namespace

void park_commit(void (*commit)(void*) noexcept, void* argument, wait_reason reason,
                 const void* object) noexcept {
  M* const m = current_m();
  if (m->foreign) {
    park_foreign(m->curg, commit, argument, reason, object, os::no_deadline);
    return;
  }
  m->commit = commit;
  m->commit_argument = argument;
  m->reason = reason;
  m->waits_for = object;
  mcall(park_on_g0);
}

void park(lock& held, wait_reason reason, const void* object) noexcept {
  park_commit(commit_unlock, &held, reason, object);
}

void park_forever(wait_reason reason) noexcept {
  for (;;) park_commit(commit_nothing, nullptr, reason, nullptr);
}

bool park_until(lock& held, wait_list& list, sudog& waiter, wait_reason reason,
                std::int64_t deadline_ns, const void* object) noexcept {
  if (deadline_ns == os::no_deadline) {
    park(held, reason, object);
    return true;
  }
  if (deadline_ns <= os::now_ns()) {
    list.remove(waiter);
    waiter.timed_out = true;
    held.release();
    return false;
  }
  M* const m = current_m();
  if (m->foreign) {
    G* const g = m->curg;
    if (park_foreign(g, commit_unlock, &held, reason, object, deadline_ns)) return true;
    held.acquire();
    if (waiter.queued) {
      list.remove(waiter);
      waiter.timed_out = true;
      held.release();
      return false;
    }
    // A waker has taken us off the list just now: its wakeup is on its way.
    held.release();
    while (g->wakeups.load(std::memory_order_acquire) == 0) os::futex_wait(g->wakeups, 0);
    g->wakeups.store(0, std::memory_order_relaxed);  // nobody else wakes us
    return true;
  }
  deadline d{&held, &list, &waiter};
  alarm a;
  a.function = deadline_came;
  a.argument = &d;
  alarm_start_before_park(a, deadline_ns);
  park(held, reason, object);
  if (waiter.timed_out)
    return false;  // the alarm has run, and touches nothing of ours after ready()
  alarm_stop(a);
  return true;
}

void ready(G* g) noexcept {
  if (g->foreign) {
    // Hope for the deadlock rule, from this moment on and not only once the thread runs: its waker
    // may park next. Before the wakeup, after which the thread may park again.
    g->m->parked.store(false);
    sched.foreign_wakeups.fetch_add(1);
    std::atomic<std::uint32_t>& wakeups = g->wakeups;
    wakeups.store(1, std::memory_order_release);  // pairs with park_foreign()
    os::futex_wake(wakeups);  // pseudo-Gs are never freed, so the word is still there
    return;
  }
  if (is_over(*g)) return;
  dcheck(g->record->status.load(std::memory_order_relaxed) == g_status::waiting,
         "ready() of a goroutine that does not wait");
  M* const m = current_or_attach();
  if (P* p = m->p) {
    if (tracing::on()) [[unlikely]]
      tracing::go_unblocked(m, g);
    g->record->status.store(g_status::runnable, std::memory_order_relaxed);
    put_local(p, g, /*next=*/true);
  } else {
    put_global_without_p(g, tracing::go_unblocked);
  }
  wake_p();
}

sudog* dequeue(wait_list& list) noexcept {
  while (sudog* waiter = list.head) {
    list.remove(*waiter);
    G* const g = waiter->g;
    if (is_over(*g)) continue;
    if (waiter->is_select) {
      std::uint32_t unclaimed = 0;
      // acq_rel: the winner alone goes on to write the select's result.
      if (!g->select_done.compare_exchange_strong(unclaimed, 1, std::memory_order_acq_rel))
        continue;
      // Not for others: one that waits in a condition variable is queued there while the user's
      // unlock() runs, which may select.
      g->woken_by = waiter;
    }
    return waiter;
  }
  return nullptr;
}

namespace {

// Whether a yield on p would come back at once.
bool is_alone(P& p) noexcept {
  return p.runq.empty() && !p.preempt && p.alarms.earliest() == alarm_heap::none &&
         sched.global_count.load(std::memory_order_relaxed) ==
             0 &&  // hints: sooner or later they are seen
         !sched.stop_pending.load(std::memory_order_relaxed);
}

}  // namespace

void yield_now() noexcept {
  M* const m = current_m();
  if (m->foreign) {
    os::yield_thread();
    return;
  }
  if (!is_alone(*m->p)) mcall(yield_on_g0);
}

// Go's rule. A foreign thread has no P to keep from others.
bool may_spin_for_owner() noexcept {
  if (!os::has_several_cpus()) return false;
  const M* const m = current_or_attach();
  if (m->foreign) return true;
  const P* const p = m->p;
  const std::uint32_t looking = sched.idle_p_count.load(std::memory_order_relaxed) +
                                sched.spinning.load(std::memory_order_relaxed);  // hints
  return p != nullptr && looking + 1 < sched.procs && p->runq.empty();
}

std::uint32_t random_u32() noexcept { return next_random(current_or_attach()->random); }

}  // namespace gander
