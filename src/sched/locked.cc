// SPDX-License-Identifier: Apache-2.0
//
// Goroutines bound to a thread, and threads that end with their goroutine.
#include "base/check.h"
#include "base/sanitizers.h"
#include "sched/sched.h"

namespace gander {

bool wait_for_locked_g(M* m) noexcept {
  if (m->spinning) {
    m->spinning = false;
    sched.spinning.fetch_sub(1);
  }
  if (m->p != nullptr) hand_off_p(release_p(m));
  {
    lock_scope held(sched.guard);
    ++sched.ms_parked;
  }
  m->park_note.sleep();
  m->park_note.clear();
  P* const p = m->next_p;
  m->next_p = nullptr;
  acquire_p(m, p);
  return m->next_inherits_slice;
}

void start_locked_m(M* m, G* g, bool inherits_slice) noexcept {
  M* const target = g->locked_m;
  {
    lock_scope held(sched.guard);
    --sched.ms_parked;  // may be early by the moment between its count and its sleep: both come
                        // before the count is used
  }
  target->next_inherits_slice = inherits_slice;
  target->next_p = release_p(m);
  target->park_note.wakeup();
}

GANDER_LEFT_BY_SWITCH void exit_thread(M* m) noexcept {
  m->locked_g = nullptr;
  m->curg = nullptr;
  if (m->is_run_thread)  // run()'s caller owns it: it waits for the end of the run
    return leave_run_thread(m);
  hand_off_p(release_p(m));
  {
    lock_scope held(sched.guard);
    --sched.ms;
  }
  return resume_thread(m);
}

}  // namespace gander
