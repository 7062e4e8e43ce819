// SPDX-License-Identifier: Apache-2.0
//
// The scheduler stop: one goroutine (or foreign thread) gets hold of all Ps. Goroutines in user
// code run on and notice nothing unless they enter the runtime, where they wait.
//
// What makes a P stopped: the stop took it from the idle list; its M gave it away (give_p_to_stop);
// or it is borrowed from an M in user code, whose border says so. The stop looks at all Ps again
// whenever one of these may have happened.
//
// Locks: stop_owner, a lock that parks, is held from stop_the_world() to start_the_world().
#include <algorithm>

#include "base/check.h"
#include "os/note.h"
#include "sched/sched.h"
#include "sched/standing.h"
#include "sched/tracing.h"

namespace gander {
namespace {

struct {
  lock guard;
  bool held = false;
  wait_list waiters;
} stop_owner;

os::note progress;  // some P may have stopped

void acquire_stop_owner() noexcept {
  stop_owner.guard.acquire();
  if (!stop_owner.held) {
    stop_owner.held = true;
    stop_owner.guard.release();
    return;
  }
  sudog waiter;
  enqueue(stop_owner.waiters, waiter);
  park(stop_owner.guard, wait_reason::stopping_the_world);  // the one who wakes us hands it over
}

void release_stop_owner() noexcept {
  stop_owner.guard.acquire();
  sudog* const next = dequeue(stop_owner.waiters);
  if (next == nullptr) stop_owner.held = false;
  G* const g = next != nullptr ? next->g : nullptr;
  stop_owner.guard.release();
  if (g != nullptr) ready(g);
}

bool is_stopped(const P& p) noexcept {
  if (p.status == p_status::stopped) return true;
  const M* const m = p.m;
  // m->p: sysmon may hold this P, just taken from m, which has another one by now.
  return p.status == p_status::running && m != nullptr &&
         m->border.load(std::memory_order_acquire) == borrowed && m->p == &p;
}

// Asks all Ms that run on a P, and looks again at those that were asked before; returns whether all
// Ps are stopped.
bool ask_all(const M* self) noexcept {
  constexpr std::size_t batch_size = 64;
  victim batch[batch_size];
  std::size_t count = 0;
  bool all = true;
  const auto ask_batch = [&] {
    ask_to_stop(batch, count);
    for (const victim* v = batch; v != batch + count; ++v) all &= is_stopped(*v->p);
    count = 0;
  };
  for (std::uint32_t i = 0; i < sched.procs; ++i) {
    P& p = *sched.all_ps[i];
    if (is_stopped(p)) continue;
    M* const m = p.m;
    // On its way between two Ms; or sysmon has just taken it from the caller, who has another one:
    // the question would outlive the stop, and be answered when nobody gives a P back any more.
    if (m == nullptr || m == self) {
      all = false;
      continue;
    }
    batch[count++] = {m, &p, 0, false, false};
    if (count == batch_size) ask_batch();
  }
  if (count != 0) ask_batch();
  return all;
}

P* make_p(std::uint32_t id) noexcept {
  static P* const ps = [] {
    void* const memory = os::reserve(max_procs * sizeof(P));
    check(memory != nullptr, "no address space for Ps");
    return static_cast<P*>(memory);
  }();
  P* const p = new (&ps[id]) P;
  p->id = id;
  return p;
}

// REQUIRES: all Ps are stopped. Work of Ps that retire goes to the global queue and to the first P.
void resize(std::uint32_t procs) noexcept {
  for (std::uint32_t id = sched.procs_made; id < procs; ++id) {
    sched.all_ps[id] = make_p(id);
    sched.procs_made = id + 1;
  }
  for (std::uint32_t id = sched.procs; id < procs; ++id) sched.all_ps[id]->alarms.reopen();
  for (std::uint32_t id = procs; id < sched.procs; ++id) {
    P& p = *sched.all_ps[id];
    while (G* g = p.runq.get().g) put_global(g);
    p.alarms.move_to(sched.all_ps[0]->alarms);
    release_cache(&p);
  }
  sched.procs = procs;
}

// Gives a P back to the M it was borrowed from, or tells that M that it is gone. The M sleeps on:
// wake_standing().
void end_borrowing(P& p, bool keep) noexcept {
  M* const m = p.m;
  if (!keep) {
    if (G* const g = m->curg; g != nullptr && tracing::on())
      tracing::proc_taken(m, &p, g, /*computes=*/true, {});
    p.m = nullptr;
    p.status = p_status::stopped;
  }
  m->border.store(keep ? owned : taken,
                  std::memory_order_release);  // `borrowed` is the stop's to change
}

}  // namespace

void note_stopped() noexcept { progress.wakeup(); }

bool stop_the_world() noexcept {
  acquire_stop_owner();
  // Only an owner of the stop ends a run, so from here on it goes on.
  if (!sched.active) {
    release_stop_owner();
    return false;
  }
  M* const self = current_m();
  progress.clear();
  {
    lock_scope held(sched.guard);
    sched.stop_pending.store(true);
    if (P* own = self->p) own->status = p_status::stopped;
    while (P* p = get_idle_p()) p->status = p_status::stopped;
  }
  while (!ask_all(self)) {
    // A P on its way from the idle list to an M is nobody's to ask; it shows up when that M has it.
    constexpr std::int64_t next_look_ns = 100'000;
    if (progress.sleep(os::now_ns() + next_look_ns)) progress.clear();
  }
  return true;
}

void give_p_to_stop(M* m) noexcept {
  if (m->spinning) {
    m->spinning = false;
    sched.spinning.fetch_sub(1);
  }
  P* const p = release_p(m);
  p->status = p_status::stopped;
  note_stopped();
  stop_m(m);
}

void start_the_world(std::uint32_t procs) noexcept {
  M* const self = current_m();
  const std::uint32_t before = sched.procs;
  // What retires is given back first, so that all P states below are plain.
  for (std::uint32_t id = procs; id < before; ++id) {
    P& p = *sched.all_ps[id];
    if (&p != self->p && p.status == p_status::running) end_borrowing(p, false);
  }
  resize(procs);
  if (P* own = self->p; own != nullptr && own->id >= procs) {
    release_p(self)->status = p_status::stopped;
    P* const other = sched.all_ps[0];
    if (other->status == p_status::running) end_borrowing(*other, false);
    acquire_p(self, other);
  } else if (own != nullptr) {
    own->status = p_status::running;
  }
  P* with_work = nullptr;
  // Who holds it may sleep on where a signal has frozen him: thaw_others().
  if (!sched.guard.try_acquire()) {
    wake_standing();
    sched.guard.acquire();
  }
  sched.stop_pending.store(false);
  for (std::uint32_t id = 0; id < std::max(procs, before); ++id) {
    P& p = *sched.all_ps[id];
    if (id >= procs) {
      p.status = p_status::dead;
    } else if (p.status == p_status::running) {
      if (&p != self->p) end_borrowing(p, true);
    } else if (!p.runq.empty()) {
      p.status = p_status::dead;  // on its way to an M, and not the next stop's already
      p.idle_next = with_work;
      with_work = &p;
    } else {
      put_idle_p(&p);
    }
  }
  sched.guard.release();
  wake_standing();
  while (P* p = with_work) {
    with_work = p->idle_next;
    p->idle_next = nullptr;
    start_m(p, false);
  }
  release_stop_owner();
  // Somebody has to look again at what those who gave up during the stop did not see: work, and
  // alarms, for he keeps time if he finds no work.
  wake_p();
}

void begin_world(std::uint32_t procs) noexcept {
  {
    lock_scope held(sched.guard);
    while (get_idle_p() != nullptr) {
    }
  }
  for (std::uint32_t id = 0; id < sched.procs; ++id) sched.all_ps[id]->status = p_status::stopped;
  resize(procs);
  lock_scope held(sched.guard);
  sched.world = sched.world + 1;
  sched.stop_pending.store(false);
  for (std::uint32_t id = procs; id-- > 0;) put_idle_p(sched.all_ps[id]);
}

void end_the_world() noexcept {
  M* const self = current_m();
  sched.active = false;
  release_p(self)->status = p_status::stopped;
  for (std::uint32_t id = 0; id < sched.procs; ++id) {
    P& p = *sched.all_ps[id];
    if (p.status == p_status::running) end_borrowing(p, false);
    while (p.runq.get().g != nullptr) {  // never scheduled again
    }
  }
  wake_standing();
  {
    lock_scope held(sched.guard);
    sched.global_queue.clear();
    sched.global_count.store(0);
    sched.live_without_p.store(0, std::memory_order_relaxed);
    for (std::uint32_t id = 0; id < sched.procs_made; ++id) sched.all_ps[id]->live_delta = 0;
  }
  release_stop_owner();
  wake_sysmon();
}

}  // namespace gander
