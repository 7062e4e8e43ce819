// SPDX-License-Identifier: Apache-2.0
//
// sysmon: one thread without a P that takes Ps away from goroutines that keep them too long, looks
// after alarms that nobody else can, scavenges stacks, and notices deadlocks. While nothing runs it
// sleeps, apart from rare looks at the last two.
//
// Two kinds of M lose their P. *Blocked*: its CPU clock stands still and the kernel says that it
// sleeps. (The clock alone is only a suspicion: a runnable thread's stands still too when the
// machine is busy.) *Computing*: asked to yield at the end of its slice, it has used another slice
// of its own CPU time without coming to a switching call, and others wait. That slice grows with
// the number of Ms that compute without a P already (slice.h). (To take the P when the first slice
// ends would cost every goroutine that computes and calls in turns a second thread, and on a busy
// machine the kernel often puts both on one processor.)
#include <algorithm>

#include "base/check.h"
#include "os/os.h"
#include "os/task.h"
#include "sched/sanitizer.h"
#include "sched/scavenger.h"
#include "sched/sched.h"
#include "sched/slice.h"
#include "sched/tracing.h"

namespace gander {
namespace {

constexpr std::int64_t shortest_sleep_ns = 20'000;
constexpr std::int64_t longest_sleep_ns = 10'000'000;
constexpr int rounds_before_backing_off = 50;  // after the last retaking
// Of a deadlock that foreign threads may still resolve: soon at first, since the last M may just be
// on its way to sleep, then ever more rarely.
constexpr std::int64_t first_recheck_ns = 20'000'000;
constexpr std::int64_t last_recheck_ns = 60'000'000'000;

// Set by sysmon before it sleeps, taken by the one who wakes it.
std::atomic<bool> asleep{false};
os::note wakeup_note;

bool others_wait(const P& p, std::int64_t now_ns) noexcept {
  return !p.runq.empty() || sched.global_count.load(std::memory_order_relaxed) != 0 ||
         p.alarms.earliest() <= now_ns;
}

std::int64_t current_slice_ns() noexcept {
  return computing_slice_ns(sched.computing_without_p.load(std::memory_order_relaxed), sched.procs);
}

// Where the system does not tell, one that could compute would not stand still for so long.
bool is_blocked(const M& m, std::int64_t now_ns) noexcept {
  const os::task_state state = os::state_of(m.tid);
  if (state == os::task_state::unknown) return now_ns - m.seen.moved_ns >= current_slice_ns();
  return state == os::task_state::sleeping;
}

// Whether the M that runs on p should lose it, judged against the notes of earlier looks.
bool should_retake(P& p, M& m, std::int64_t now_ns, bool& computes) noexcept {
  M::observation& seen = m.seen;
  const std::uint32_t tick = p.schedtick;
  if (seen.p != &p || seen.tick != tick) {
    const std::int64_t cpu_ns = os::thread_cpu_ns(m.tid);
    seen = {tick, &p, now_ns, now_ns, cpu_ns, cpu_ns};
    return false;
  }
  const bool slice_over = now_ns - seen.since_ns >= slice_ns;
  if (slice_over && !p.preempt) {
    p.preempt = true;
    seen.cpu_when_asked_ns = os::thread_cpu_ns(m.tid);
  }
  if (m.in_runtime.load(std::memory_order_relaxed) != 0)
    return false;  // a hint: retake() looks properly
  const std::int64_t cpu_ns = os::thread_cpu_ns(m.tid);
  const bool stands_still = cpu_ns == seen.cpu_last_ns;
  seen.cpu_last_ns = cpu_ns;
  if (!stands_still) seen.moved_ns = now_ns;
  if (stands_still && is_blocked(m, now_ns)) {
    computes = false;
    const bool somebody_is_free = sched.idle_p_count.load(std::memory_order_relaxed) != 0 ||
                                  sched.spinning.load(std::memory_order_relaxed) != 0;
    return others_wait(p, now_ns) || !somebody_is_free || slice_over;
  }
  computes = true;
  return slice_over && cpu_ns - seen.cpu_when_asked_ns >= current_slice_ns() &&
         others_wait(p, now_ns);
}

// For traces. Before their Ps are taken, since under the lock that is needed then nobody should
// wait for /proc.
void look_where_they_block(victim* victims, std::size_t count) noexcept {
  for (victim* v = victims; v != victims + count; ++v) {
    if (v->computes) continue;
    os::task_call call;
    if (!os::read_task_call(v->m->tid, call)) continue;
    v->blocked_pc = call.pc;
    v->blocked_sp = call.sp;
  }
}

// Returns how many Ps were taken.
std::size_t retake_round(std::int64_t now_ns) noexcept {
  static constinit victim victims[max_procs] = {};  // constinit: what is not used is not touched
  std::size_t count = 0;
  if (sched.stop_pending.load()) return 0;
  for (std::uint32_t id = 0; id < sched.procs; ++id) {
    P& p = *sched.all_ps[id];
    M* const m = p.m;
    if (p.status != p_status::running || m == nullptr) continue;
    bool computes = false;
    if (should_retake(p, *m, now_ns, computes))
      victims[count++] = {m, &p, p.schedtick, computes, false};
  }
  if (count == 0) return 0;
  if (tracing::on()) look_where_they_block(victims, count);
  // Before the P is lost: the M takes it back as soon as it notices.
  for (std::size_t i = 0; i < count; ++i) {
    if (!victims[i].computes) continue;
    victims[i].m->computes_without_p.store(
        true, std::memory_order_relaxed);  // published by the swap of border
    sched.computing_without_p.fetch_add(1, std::memory_order_relaxed);
  }
  retake(victims, count);
  std::size_t taken_count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const victim& v = victims[i];
    if (!v.won) {
      if (v.computes && v.m->computes_without_p.exchange(false, std::memory_order_relaxed))
        sched.computing_without_p.fetch_sub(1, std::memory_order_relaxed);
      continue;
    }
    ++taken_count;
    v.p->m = nullptr;
    hand_off_p(v.p);
  }
  return taken_count;
}

constexpr std::int64_t late_ns = 1'000'000;  // of an alarm that somebody should have looked at

// Alarms of Ps whose Ms do not come to look: some idle M should.
void look_after_alarms(std::int64_t now_ns) noexcept {
  if (sched.idle_p_count.load() != 0 && earliest_alarm() <= now_ns - late_ns) wake_p();
}

bool all_idle() noexcept {
  return sched.idle_p_count.load() == sched.procs && !sched.stop_pending.load() &&
         sched.spinning.load() == 0;
}

// For when all Ps are idle: whether work waits all the same, for no thread could be started. By now
// one may be had; and Ms that are in user code will come by and take Ps. When there are none, and
// none can be made for long, that is said rather than waited for. `since_ns`: when this began, or
// 0.
bool work_waits_for_a_thread(std::int64_t& since_ns) noexcept {
  constexpr std::int64_t patience_ns = 2'000'000'000;
  const std::int64_t now_ns = os::now_ns();
  if (!any_queue_has_work() && earliest_alarm() > now_ns - late_ns) return false;
  wake_p();
  if (!all_idle()) return false;
  if (since_ns == 0) since_ns = now_ns;
  sched.guard.acquire();
  const bool nobody_comes = sched.ms == sched.ms_parked;
  sched.guard.release();
  if (nobody_comes && now_ns - since_ns > patience_ns)
    fatal(
        "no thread can be started for goroutines that are ready; may need to increase max user "
        "processes (ulimit -u)");
  return true;
}

// Dekker pair with wake_sysmon(): here `asleep` is stored and then the reason to sleep looked at
// again.
template <typename Condition>
void sleep_while(Condition idle, std::int64_t deadline_ns) noexcept {
  wakeup_note.clear();
  asleep.store(true);
  if (idle()) wakeup_note.sleep(deadline_ns);
  // Who still reads `true`, and is just about to wake, at worst ends the next sleep early.
  asleep.store(false, std::memory_order_relaxed);
}

// No run is on: plain threads may still use timers, and there is nobody else to run them.
void serve_without_world() noexcept {
  const std::int64_t earliest = earliest_alarm();
  const std::int64_t now_ns = os::now_ns();
  if (earliest <= now_ns) {
    // The collector's stop leaves sysmon out while a run is on, unless this is set. Fences on both
    // sides (crash::may_hold_values()): if a run is not seen here, who sees one there, and looks at
    // this afterwards, sees it set.
    M* const m = current_m();
    m->serves_alarms.store(true, std::memory_order_relaxed);  // the fence orders it
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!sched.active)
      for (std::uint32_t id = 0; id < sched.procs; ++id) run_alarms(sched.all_ps[id], now_ns);
    m->serves_alarms.store(false, std::memory_order_release);  // what it held is behind it
    return;
  }
  sleep_while([earliest] { return !sched.active && earliest_alarm() >= earliest; }, earliest);
}

void sysmon(void*) {
  current_or_attach()->is_sysmon = true;
  int quiet_rounds = 0;
  std::int64_t sleep_ns = shortest_sleep_ns;
  std::int64_t recheck_ns = first_recheck_ns;
  std::int64_t starved_since_ns = 0;
  for (;;) {
    if (!sched.active) {
      serve_without_world();
      continue;
    }
    if (all_idle()) {
      if (work_waits_for_a_thread(starved_since_ns)) {
        os::sleep_ns(late_ns);
        continue;
      }
      starved_since_ns = 0;
      check_deadlock();
      while (scavenge(os::now_ns()) && all_idle()) {
      }
      std::int64_t until_ns = os::now_ns() + recheck_ns;
      if (sched.timekeeper.load() == nullptr)
        until_ns = std::min(until_ns, earliest_alarm()) + late_ns;
      sleep_while(all_idle, until_ns);
      if (all_idle()) {
        recheck_ns = std::min(recheck_ns * 2, last_recheck_ns);
        continue;
      }
      recheck_ns = first_recheck_ns;
      sleep_ns = shortest_sleep_ns;
      quiet_rounds = rounds_before_backing_off -
                     5;  // a few quick looks, then back off: it may idle again at once
    }
    starved_since_ns = 0;
    os::sleep_ns(sleep_ns);
    const std::int64_t now_ns = os::now_ns();
    sched.coarse_now_ns = now_ns;
    look_after_alarms(now_ns);
    scavenge(now_ns);
    if (tracing::on()) tracing::sysmon_round(now_ns);
    if (retake_round(now_ns) != 0) {
      quiet_rounds = 0;
      sleep_ns = shortest_sleep_ns;
    } else if (++quiet_rounds > rounds_before_backing_off) {
      sleep_ns = std::min(sleep_ns * 2, longest_sleep_ns);
    }
  }
}

}  // namespace

void start_sysmon() noexcept {
  constexpr std::size_t stack_size = 256 * 1024;
  sched.helper_threads.fetch_add(1);
  if (!os::start_thread(sysmon, nullptr, stack_size, "gander-sysmon"))
    fatal(
        "cannot start the runtime's first thread; may need to increase max user processes "
        "(ulimit -u)");
}

void wake_sysmon() noexcept {
  if (asleep.load() && asleep.exchange(false)) wakeup_note.wakeup();
}

}  // namespace gander
