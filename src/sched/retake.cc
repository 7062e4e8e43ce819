// SPDX-License-Identifier: Apache-2.0
//
// Taking Ps away from Ms that are in user code: the other side of border.h.
//
// Lock: retake_lock, so that `asked` is always the doing of the retaker that sees it.
#include "arch/arch.h"
#include "os/os.h"
#include "sched/sched.h"
#include "sched/tracing.h"

namespace gander {
namespace {

lock retake_lock;

// Puts the question to all Ms; whether to any. A heavy fence behind it makes sure that each either
// sees it at its next entry, or is seen in the runtime.
bool ask(victim* victims, std::size_t count, std::uint32_t question) noexcept {
  bool any = false;
  for (victim* v = victims; v != victims + count; ++v) {
    std::uint32_t expected = owned;
    v->won = v->m->border.compare_exchange_strong(expected, question);  // seq_cst: before the fence
    any |= v->won;
  }
  return any;
}

// Whether all who were asked just now answer at once, by themselves: who allocates enters the
// runtime many times in a microsecond, and then nobody need be interrupted by a fence.
bool all_answer(const victim* victims, std::size_t count) noexcept {
  if (!os::has_several_cpus()) return false;
  constexpr std::int64_t patience_ns = 3'000;
  const std::int64_t deadline_ns = os::now_ns() + patience_ns;
  const victim* const end = victims + count;
  const victim* first = victims;  // that has not answered
  for (;;) {
    // relaxed: who looks whether all Ps are stopped acquires.
    while (first != end &&
           !(first->won && first->m->border.load(std::memory_order_relaxed) == stopping))
      ++first;
    if (first == end) return true;
    if (os::now_ns() >= deadline_ns) return false;
    arch::pause();
  }
}

// acquire: pairs with the release at the exit; what the M did to its P is visible to us if we win.
bool in_user_code(const victim& v) noexcept {
  return v.m->in_runtime.load(std::memory_order_acquire) == 0;
}

}  // namespace

// Where a sandbox has come to forbid membarrier, entries fence themselves from now on. One that has
// not seen that yet stored in_runtime before it looked, and no processor holds a store back for as
// long as this waits, once: it meets timer interrupts meanwhile, which are fences. Rejected:
// mprotect() of a page in use, which makes the kernel interrupt all processors of the process;
// arm64, and newer kernels on AMD's processors, do without the interrupt.
void heavy_fence() noexcept {
  if (!border_needs_fence && !os::fence_all_threads()) {
    border_needs_fence = true;
    constexpr std::int64_t long_ns = 20'000'000;
    os::sleep_ns(long_ns);
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

// A won P is the caller's: nobody else will touch it, and its M finds out at its next entry.
void retake(victim* victims, std::size_t count) noexcept {
  lock_scope held(retake_lock);
  if (!ask(victims, count, asked)) return;
  heavy_fence();
  // Over the swaps: whoever loses his P writes no event before those about his loss.
  lock_scope trace_held(sched.guard);
  for (victim* v = victims; v != victims + count; ++v) {
    if (!v->won) continue;
    // The looks at the P come after the acquire in in_user_code(): before, the M could have left
    // one goroutine's time slice for another's between the looks.
    std::uint32_t expected = asked;
    const bool is_there = in_user_code(*v) && v->m->p == v->p && v->p->schedtick == v->tick;
    G* const g = v->m->curg;
    v->won = is_there && v->m->border.compare_exchange_strong(expected, taken);
    expected = asked;
    if (v->won && tracing::on()) [[unlikely]]
      tracing::proc_taken(v->m, v->p, g, v->computes, {v->blocked_pc, v->blocked_sp});
    if (!v->won)
      v->m->border.compare_exchange_strong(expected,
                                           owned);  // fails when the M has settled it itself
  }
}

// An M in the runtime is left with the question: it meets it at its next entry, or a later look
// finds that it has gone to user code. (Taking the question back and asking again, Ms could slip
// through round after round.)
void ask_to_stop(victim* victims, std::size_t count) noexcept {
  lock_scope held(retake_lock);
  if (ask(victims, count, stopping) && !all_answer(victims, count)) heavy_fence();
  for (victim* v = victims; v != victims + count; ++v) {
    // Load and store suffice: out of user code and `stopping` there is no way but to `borrowed`,
    // which the M may take itself at this moment. Those asked in an earlier call need no new fence:
    // their question came before it.
    if (in_user_code(*v) && v->m->border.load(std::memory_order_relaxed) == stopping)
      v->m->border.store(borrowed, std::memory_order_relaxed);  // the P's data came with in_runtime
  }
}

}  // namespace gander
