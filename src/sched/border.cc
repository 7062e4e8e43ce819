// SPDX-License-Identifier: Apache-2.0
//
// The slow paths of entering the runtime: the P is gone, or somebody is asking for it.
#include "sched/border.h"

#include "arch/arch.h"
#include "base/check.h"
#include "base/sanitizers.h"
#include "os/os.h"
#include "sched/sched.h"
#include "sched/standing.h"
#include "sched/tracing.h"

namespace gander {

relaxed<bool> border_needs_fence{false};
std::atomic<std::uint32_t> standing_wakes{0};

namespace {

bool is_on_its_goroutine(const M& m, std::uintptr_t sp) noexcept {
  const G* const g = m.curg;
  return g != nullptr && sp - g->stack_low < g->stack_high - g->stack_low;
}

// An address below its caller's frame. A call, for that cannot come before the caller has put there
// what he saves: a look at the stack pointer in his own code could.
[[gnu::noinline]] std::uintptr_t below_own_frame() noexcept {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

// Most stops of a small heap are over before a sleeper would wake.
void spin_while_borrowed(const M& m) noexcept {
  if (!os::has_several_cpus()) return;
  constexpr std::int64_t spin_ns = 40'000;
  const std::int64_t end_ns = os::now_ns() + spin_ns;
  while (m.border.load(std::memory_order_relaxed) == borrowed && os::now_ns() < end_ns)
    arch::pause();
}

// Answers a stop, unless that has borrowed the P from user code, and waits until it is over. The
// stop may look through the stack meanwhile: callers' registers lie there before waits_at says so,
// and that comes before the answer.
[[gnu::noinline]] void wait_for_end_of_stop(M* m) noexcept {
  __builtin_unwind_init();  // saves all registers that calls preserve
  if (const std::uintptr_t sp = below_own_frame(); is_on_its_goroutine(*m, sp))
    m->waits_at.store(sp, std::memory_order_release);  // pairs with stands_at()
  std::uint32_t state = stopping;
  // release: what this M did to its P is the stop's to see.
  if (m->border.compare_exchange_strong(state, borrowed, std::memory_order_acq_rel)) note_stopped();
  spin_while_borrowed(*m);
  // acquire: pairs with the end of a stop
  sleep_standing([m] { return m->border.load(std::memory_order_acquire) != borrowed; });
  m->waits_at.store(0, std::memory_order_relaxed);  // the next answer, or leaving, orders it
}

// Settles `asked` and `borrowed`, and returns whether m has a P then.
bool settle(M* m) noexcept {
  for (;;) {
    std::uint32_t state =
        m->border.load(std::memory_order_acquire);  // pairs with the end of a stop
    switch (state) {
      case owned:
        return true;
      case taken:
        return false;
      case after_fork:
        fatal("gander used after fork");
      case asked:
        m->border.compare_exchange_strong(state, owned, std::memory_order_acq_rel);
        break;
      case stopping:
      case borrowed:
        wait_for_end_of_stop(m);
        break;
      default:
        throw_("bad border state");
    }
  }
}

void lose_p(M* m) noexcept {
  m->p = nullptr;
  if (m->computes_without_p.load(
          std::memory_order_relaxed)) {  // set by the retaker before it gave the P away
    m->computes_without_p.store(false, std::memory_order_relaxed);
    sched.computing_without_p.fetch_sub(1, std::memory_order_relaxed);  // a count for a policy
  }
}

// On g0: the goroutine came back and found no P; it queues up like everybody else.
GANDER_LEFT_BY_SWITCH void queue_up(G* g) {
  M* const m = current_m();
  g->record->sp.store(reinterpret_cast<std::uintptr_t>(g->sp), std::memory_order_relaxed);
  g->record->status.store(g_status::runnable, std::memory_order_relaxed);
  g->m = nullptr;
  m->curg = nullptr;
  // Under one lock with the look at the idle Ps: a P that becomes idle after it will find the
  // goroutine.
  // And under one lock with the end of the run, which empties the queue: after it, g is dropped.
  sched.guard.acquire();
  const bool over = is_over(*g);
  if (!over && tracing::on()) [[unlikely]]
    tracing::go_came_back(m, g);
  P* const p = over || sched.stop_pending.load() ? nullptr : get_idle_p();
  if (p == nullptr && !over) {
    sched.global_queue.push({&g, 1});
    sched.global_count.store(sched.global_queue.size());
  }
  sched.guard.release();
  if (p != nullptr) {
    acquire_p(m, p);
    return execute(g, false);
  }
  if (m->locked_g != nullptr) {
    const bool inherits_slice = wait_for_locked_g(m);
    return execute(m->locked_g, inherits_slice);
  }
  if (m->is_run_thread) return leave_run_thread(m);
  stop_m(m);
  return schedule();
}

}  // namespace

void enter_slow(M* m) noexcept {
  if (m->foreign) {
    if (m->border.load(std::memory_order_relaxed) == after_fork) fatal("gander used after fork");
    return;
  }
  if (settle(m)) return;
  if (m->p != nullptr) lose_p(m);
  if (is_over(*m->curg)) stay_for_ever();
}

void take_idle_p(M* m) noexcept {
  if (m->foreign || sched.idle_p_count.load() == 0) return;
  P* p = nullptr;
  {
    lock_scope held(sched.guard);
    if (!sched.stop_pending.load() && !is_over(*m->curg)) p = get_idle_p();
    if (p != nullptr && tracing::on()) [[unlikely]]
      tracing::go_came_back(m, m->curg);
  }
  if (p == nullptr) return;
  acquire_p(m, p);
  if (tracing::on()) [[unlikely]]
    tracing::go_starts(m, m->curg);
  p->schedtick = p->schedtick + 1;  // a new time slice
}

void enter_switching_slow(M* m) noexcept {
  enter_slow(m);
  // Not a look at the border: with a P it may say `asked` or `stopping` again by now, which waits.
  if (m->foreign || m->p != nullptr) return;
  take_idle_p(m);  // else it waits for one
  if (m->p == nullptr) mcall(queue_up);
}

user_scope::~user_scope() {
  M* const m = current_m();
  if (!enter_runtime(m)) [[unlikely]]
    enter_slow(m);
}

}  // namespace gander
