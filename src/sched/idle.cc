// SPDX-License-Identifier: Apache-2.0
//
// Ps and Ms without work: the idle lists, handing Ps to Ms, and sleeping.
//
// One idle M at a time is the timekeeper: it sleeps until the earliest alarm of any P and is woken
// when an earlier one is set. There is one only while some P is idle; busy Ps look at their alarms
// themselves, and sysmon looks after those whose user code does not let them.
#include "base/check.h"
#include "os/os.h"
#include "sched/sched.h"
#include "sched/tracing.h"

namespace gander {
namespace {

// Under the lock. Prefers an M that keeps no time.
M* take_idle_m() noexcept {
  M* m = sched.idle_ms;
  if (m != nullptr) {
    sched.idle_ms = m->idle_next;
    m->idle_next = nullptr;
  } else {
    m = sched.timekeeper.load(std::memory_order_relaxed);  // written under the lock
    if (m == nullptr) return nullptr;
    sched.timekeeper.store(nullptr, std::memory_order_relaxed);
    sched.timekeeper_deadline_ns.store(alarm_heap::none);
  }
  --sched.ms_parked;
  return m;
}

// Under the lock: makes m the timekeeper if one is needed. One look at the alarms, after the P has
// become idle, and after the deadline of any timekeeper before has gone: whoever does not see the
// one or still sees the other has stored his alarm before (wake_timekeeper()). No second look when
// the deadline is stored: who sets an alarm meanwhile sees a later one, so waits for the lock.
std::int64_t keep_time(M* m) noexcept {
  if (!sched.active || sched.idle_p_count.load(std::memory_order_relaxed) == 0)
    return alarm_heap::none;
  const std::int64_t earliest = earliest_alarm();
  if (earliest == alarm_heap::none) return alarm_heap::none;
  if (M* const keeper = sched.timekeeper.load(std::memory_order_relaxed); keeper != nullptr) {
    if (sched.timekeeper_deadline_ns.load(std::memory_order_relaxed) <= earliest)
      return alarm_heap::none;
    // m's own goroutine has set an earlier alarm and parked, which wakes nobody: m takes over, and
    // the other sleeps on as one of the idle.
    keeper->idle_next = sched.idle_ms;
    sched.idle_ms = keeper;
  }
  sched.timekeeper.store(m, std::memory_order_relaxed);
  sched.timekeeper_deadline_ns.store(earliest);
  return earliest;
}

// The timekeeper's time has come, or nobody else could be found to look at an alarm.
bool run_all_alarms() noexcept {
  const std::int64_t now = os::now_ns();
  sched.coarse_now_ns = now;
  int ran = 0;
  for (std::uint32_t i = 0; i < sched.procs; ++i) ran += run_alarms(sched.all_ps[i], now);
  return ran != 0;
}

}  // namespace

void acquire_p(M* m, P* p) noexcept {
  dcheck(m->p == nullptr && p->m == nullptr, "P acquired twice");
  m->p = p;
  p->m = m;
  p->status = p_status::running;
  m->border.store(owned, std::memory_order_release);  // `taken` is nobody's to change but ours
  if (tracing::on()) [[unlikely]]
    tracing::proc_started(m, p);
}

P* release_p(M* m) noexcept {
  P* const p = m->p;
  dcheck(p != nullptr && p->m == m, "released a P that is not ours");
  if (tracing::on()) [[unlikely]]
    tracing::proc_stopped(m);
  m->p = nullptr;
  p->m = nullptr;
  // A store suffices: while this M is in the runtime, `asked` and `stopping` are questions that it
  // may answer so, and the swaps that would go on from them fail.
  m->border.store(taken, std::memory_order_release);
  return p;
}

// Whoever gives up a P while a stop is on gives it to the stop: from the idle list, which nobody
// may take from then, it would never get there.
void put_idle_p(P* p) noexcept {
  dcheck(p->status != p_status::idle, "P put on the idle list twice");
  if (sched.stop_pending.load(std::memory_order_relaxed)) {  // written under the lock
    p->status = p_status::stopped;
    note_stopped();
    return;
  }
  p->status = p_status::idle;
  p->idle_next = sched.idle_ps;
  sched.idle_ps = p;
  sched.idle_p_count.fetch_add(1);
}

P* get_idle_p() noexcept {
  P* const p = sched.idle_ps;
  if (p == nullptr) return nullptr;
  sched.idle_ps = p->idle_next;
  p->idle_next = nullptr;
  p->status = p_status::dead;  // on its way: acquire_p() or a stop says more
  sched.idle_p_count.fetch_sub(1);
  wake_sysmon();
  return p;
}

void start_m(P* p, bool spinning) noexcept {
  M* m;
  {
    lock_scope held(sched.guard);
    m = take_idle_m();
  }
  if (m == nullptr) {
    if (start_thread_for(p, spinning)) return;
    // No thread to be had: the P waits until some M comes by.
    lock_scope held(sched.guard);
    if (spinning) sched.spinning.fetch_sub(1);
    put_idle_p(p);
    return;
  }
  m->spinning = spinning;
  m->next_p = p;
  m->park_note.wakeup();
}

// Called after work has been submitted with a seq_cst operation: see the top of find.cc.
void wake_p() noexcept {
  if (sched.idle_p_count.load() == 0 || sched.spinning.load() != 0) return;
  std::uint32_t none = 0;
  if (!sched.spinning.compare_exchange_strong(none, 1)) return;
  P* p = nullptr;
  {
    lock_scope held(sched.guard);
    if (sched.active && !sched.stop_pending.load(std::memory_order_relaxed)) p = get_idle_p();
    // Under the lock: whoever did not wake an M because of this count must find the P that is put
    // back after it.
    if (p == nullptr) sched.spinning.fetch_sub(1);
  }
  if (p != nullptr) start_m(p, true);
}

void hand_off_p(P* p) noexcept {
  if (!p->runq.empty() || sched.global_count.load() != 0) {
    start_m(p, false);
    return;
  }
  // Nobody spins and nothing is idle: somebody should look for work.
  std::uint32_t none = 0;
  if (sched.spinning.load() == 0 && sched.idle_p_count.load() == 0 &&
      sched.spinning.compare_exchange_strong(none, 1)) {
    start_m(p, true);
    return;
  }
  sched.guard.acquire();
  if (!sched.global_queue.empty()) {
    sched.guard.release();
    start_m(p, false);
    return;
  }
  put_idle_p(p);
  sched.guard.release();
  // Work may have been submitted while this P was neither busy nor idle.
  if (any_queue_has_work()) wake_p();
  const std::int64_t earliest = earliest_alarm();
  if (earliest != alarm_heap::none) wake_timekeeper(earliest);
}

// Makes sure that somebody is awake at when_ns. The alarm has been stored (under its heap's lock)
// before. Three Dekker pairs with looks at the alarms: here the alarm is stored and then looked
// whether somebody will look; there it is first stored that nobody relies on them, or that a P is
// idle (keep_time()), or that sysmon sleeps. Model: test/model/timekeeper.pml.
void wake_timekeeper(std::int64_t when_ns) noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!sched.active) {
    wake_sysmon();
    return;
  }
  if (sched.timekeeper_deadline_ns.load() <= when_ns || sched.idle_p_count.load() == 0) return;
  sched.guard.acquire();
  M* const m = sched.timekeeper.load(std::memory_order_relaxed);  // written under the lock
  if (m != nullptr) {
    sched.timekeeper.store(nullptr, std::memory_order_relaxed);
    sched.timekeeper_deadline_ns.store(alarm_heap::none);
    --sched.ms_parked;
  }
  sched.guard.release();
  if (m != nullptr)
    m->park_note.wakeup();  // without a P: it keeps time anew
  else
    wake_p();
}

void stop_m(M* m) noexcept {
  dcheck(m->p == nullptr, "an M with a P goes to sleep");
  dcheck(!m->spinning, "a spinning M goes to sleep");
  for (;;) {
    sched.guard.acquire();
    const std::int64_t deadline_ns = keep_time(m);
    if (deadline_ns == alarm_heap::none) {
      m->idle_next = sched.idle_ms;
      sched.idle_ms = m;
    }
    ++sched.ms_parked;
    sched.guard.release();

    bool time_came = false;
    if (!m->park_note.sleep(deadline_ns)) {
      sched.guard.acquire();
      time_came = sched.timekeeper.load(std::memory_order_relaxed) == m;  // written under the lock
      if (time_came) {
        sched.timekeeper.store(nullptr, std::memory_order_relaxed);
        sched.timekeeper_deadline_ns.store(alarm_heap::none);
        --sched.ms_parked;
      }
      sched.guard.release();
      if (!time_came)
        m->park_note.sleep();  // somebody has just taken this M and is about to wake it
    }
    // Here, where nobody can be about to wake this M, and not before the next sleep: that may be
    // wait_for_locked_g(), whose wakeup may come first.
    m->park_note.clear();

    P* p = m->next_p;
    m->next_p = nullptr;
    if (p == nullptr && time_came) {
      lock_scope held(sched.guard);
      if (!sched.stop_pending.load() && sched.active) p = get_idle_p();
    }
    // Either an earlier alarm was set: then it keeps time anew. Or all Ps are busy: then their Ms
    // see to the alarms.
    if (p == nullptr) continue;
    acquire_p(m, p);
    sched.coarse_now_ns = os::now_ns();
    if (time_came) run_all_alarms();
    return;
  }
}

}  // namespace gander
