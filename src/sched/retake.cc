// SPDX-License-Identifier: Apache-2.0
//
// Taking Ps away from Ms that are in user code: the other side of border.h.
//
// Lock: retake_lock, so that `asked` is always the doing of the retaker that sees it.
#include "os/os.h"
#include "sched/sched.h"

namespace gander {
namespace {

lock retake_lock;

// Puts the question to all Ms and makes sure that each either sees it at its next entry, or is seen
// in the runtime.
bool ask(victim* victims, std::size_t count, std::uint32_t question) noexcept {
  bool any = false;
  for (victim* v = victims; v != victims + count; ++v) {
    std::uint32_t expected = owned;
    v->won = v->m->border.compare_exchange_strong(expected, question);  // seq_cst: before the fence
    any |= v->won;
  }
  if (!any) return false;
  if (!border_needs_fence) os::fence_all_threads();
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return true;
}

// acquire: pairs with the release at the exit; what the M did to its P is visible to us if we win.
bool in_user_code(const victim& v) noexcept {
  return v.m->in_runtime.load(std::memory_order_acquire) == 0;
}

}  // namespace

// A won P is the caller's: nobody else will touch it, and its M finds out at its next entry.
void retake(victim* victims, std::size_t count) noexcept {
  lock_scope held(retake_lock);
  if (!ask(victims, count, asked)) return;
  for (victim* v = victims; v != victims + count; ++v) {
    if (!v->won) continue;
    const bool same = v->m->p == v->p && v->p->schedtick == v->tick;
    std::uint32_t expected = asked;
    v->won = in_user_code(*v) && same && v->m->border.compare_exchange_strong(expected, taken);
    expected = asked;
    if (!v->won)
      v->m->border.compare_exchange_strong(expected,
                                           owned);  // fails when the M has settled it itself
  }
}

// An M in the runtime is left with the question: it meets it at its next entry, so a stop waits for
// no more than the rest of each M's current stay. (Taking it back and asking again, Ms could slip
// through round after round.)
void ask_to_stop(victim* victims, std::size_t count) noexcept {
  lock_scope held(retake_lock);
  if (!ask(victims, count, stopping)) return;
  for (victim* v = victims; v != victims + count; ++v) {
    std::uint32_t expected = stopping;
    if (v->won)
      v->won = in_user_code(*v) && v->m->border.compare_exchange_strong(expected, borrowed);
  }
}

}  // namespace gander
