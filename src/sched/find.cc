// SPDX-License-Identifier: Apache-2.0
//
// Finding a goroutine to run: own alarms, every 61st time the global queue, own queue, global
// queue, then stealing from others; and when there is nothing anywhere, sleeping without losing a
// wakeup.
//
// The order of the last steps is the parking protocol (docs/design/scheduler_parking.md): give up
// the P under the lock, stop being counted as spinning, and only then look at everything once more.
// Whoever submits work does it the other way round: first the work, then a look for spinning Ms.
// One of the two sees the other.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "os/os.h"
#include "sched/sched.h"

namespace gander {
namespace {

constexpr int steal_rounds = 4;

// The P ids in an order that differs each time and visits each once: steps of a stride coprime to
// the count.
class random_order {
 public:
  random_order(std::uint32_t random, std::uint32_t count) noexcept
      : count_(count), position_(random % count), stride_(coprime(random / count, count)) {}

  P* next() noexcept {
    P* const p = sched.all_ps[position_];
    position_ = (position_ + stride_) % count_;
    return p;
  }

 private:
  static std::uint32_t coprime(std::uint32_t random, std::uint32_t count) noexcept {
    std::uint32_t stride = random % count;
    auto gcd = [](std::uint32_t a, std::uint32_t b) {
      while (b != 0) a = std::exchange(b, a % b);
      return a;
    };
    while (gcd(stride == 0 ? count : stride, count) != 1) stride = (stride + 1) % count;
    return stride == 0 ? 1 : stride;
  }

  std::uint32_t count_;
  std::uint32_t position_;
  std::uint32_t stride_;
};

// From any P's queue, running their due alarms on the way in the last round.
G* steal_work(M* m, bool& ran_alarms) noexcept {
  P* const own = m->p;
  const std::uint32_t count = sched.procs;
  for (int round = 0; round < steal_rounds; ++round) {
    const bool last_round = round == steal_rounds - 1;
    random_order order(next_random(m->random), count);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (sched.stop_pending.load(std::memory_order_relaxed)) return nullptr;  // a hint
      P* const victim = order.next();
      if (victim == own) continue;
      if (last_round && victim->alarms.earliest() != alarm_heap::none &&
          run_alarms(victim, os::now_ns()) > 0) {
        ran_alarms = true;
        if (G* g = own->runq.get().g) return g;
      }
      if (G* g = own->runq.steal_from(victim->runq, last_round)) return g;
    }
  }
  return nullptr;
}

// At most half of the busy Ps' number of Ms spin: more only burn processors that others would use.
bool may_spin(const M* m) noexcept {
  return m->spinning ||
         2 * sched.spinning.load(std::memory_order_relaxed) <
             sched.procs - std::min<std::uint32_t>(
                               sched.procs, sched.idle_p_count.load(std::memory_order_relaxed));
}

// The last step of the parking protocol: takes back a P if there is work after all. Also for an M
// that was not spinning: a submitter may have found neither an idle P nor a spinning M just before.
// Alarms are looked at by stop_m(), which does not sleep when one is due.
bool recheck(M* m) noexcept {
  if (!any_queue_has_work()) return false;
  sched.guard.acquire();
  P* const p = sched.stop_pending.load() ? nullptr : get_idle_p();
  sched.guard.release();
  if (p == nullptr) return false;
  acquire_p(m, p);
  m->spinning = true;
  sched.spinning.fetch_add(1);
  return true;
}

// One look everywhere; none after having given up the P, and slept, or found that there is a
// reason to look again.
runnable look_or_sleep(M* m) noexcept {
  P* const p = m->p;
  if (sched.stop_pending.load(std::memory_order_acquire)) {
    give_p_to_stop(m);
    return {};
  }
  if (p->alarms.earliest() != alarm_heap::none) run_alarms(p, os::now_ns());

  if (p->schedtick % global_queue_interval == 0 &&
      sched.global_count.load(std::memory_order_relaxed) != 0) {
    lock_scope held(sched.guard);
    if (G* g = get_global(p, 1)) return {g};
  }
  if (const runnable own = p->runq.get(); own.g != nullptr) return own;
  if (sched.global_count.load(std::memory_order_relaxed) != 0) {
    lock_scope held(sched.guard);
    if (G* g = get_global(p, 0)) return {g};
  }

  if (may_spin(m)) {
    if (!m->spinning) {
      m->spinning = true;
      sched.spinning.fetch_add(1);
    }
    bool ran_alarms = false;
    if (G* g = steal_work(m, ran_alarms)) return {g};
    if (ran_alarms) return {};
  }

  sched.guard.acquire();
  if (sched.stop_pending.load()) {
    sched.guard.release();
    give_p_to_stop(m);
    return {};
  }
  if (G* g = get_global(p, 0)) {
    sched.guard.release();
    return {g};
  }
  release_p(m);
  put_idle_p(p);
  sched.guard.release();

  if (m->spinning) {
    m->spinning = false;
    sched.spinning.fetch_sub(1);  // before the looks in recheck(); see the top of this file
  }
  if (recheck(m)) return {};
  stop_m(m);
  return {};
}

}  // namespace

bool any_queue_has_work() noexcept {
  std::atomic_thread_fence(
      std::memory_order_seq_cst);  // pairs with the submitters' (runq.cc, put_global)
  if (sched.global_count.load() != 0) return true;
  for (std::uint32_t i = 0; i < sched.procs; ++i)
    if (!sched.all_ps[i]->runq.empty()) return true;
  return false;
}

runnable find_runnable(M* m) noexcept {
  m->just_traced = false;  // to look takes time
  for (;;) {
    if (const runnable found = look_or_sleep(m); found.g != nullptr) return found;
    dcheck(m->p != nullptr, "woken without a P");
  }
}

}  // namespace gander
