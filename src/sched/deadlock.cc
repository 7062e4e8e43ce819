// SPDX-License-Identifier: Apache-2.0
//
// "All goroutines are asleep": reported only when nothing in the process can wake one any more. A
// goroutine that a plain std::thread feeds must never be killed, so any thread that we do not know
// to be waiting in our own calls counts as hope.
#include "base/check.h"
#include "os/os.h"
#include "sched/goroutine.h"
#include "sched/sanitizer.h"
#include "sched/sched.h"

namespace gander {
namespace {

// Foreign threads park and wake each other while we look from one to the next, so the answer holds
// only if sched.foreign_wakeups stays the same: all accesses to both are seq_cst.
int foreign_threads_parked() noexcept {
  int count = 0;
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next)
    if (m->foreign && !m->is_sysmon && !m->exited.load(std::memory_order_relaxed) &&
        m->parked.load())
      ++count;
  return count;
}

}  // namespace

// By sysmon only.
void check_deadlock() noexcept {
  {
    lock_scope held(sched.guard);
    const std::uint32_t wakeups = sched.foreign_wakeups.load();
    if (!sched.active || sched.ms != sched.ms_parked) return;
    if (!sched.global_queue.empty() || sched.spinning.load() != 0) return;
    if (sched.idle_p_count.load() != sched.procs) return;
    if (earliest_alarm() != alarm_heap::none) return;
    const int ours = static_cast<int>(sched.ms + sched.helper_threads.load()) +
                     foreign_threads_parked() + (sanitizer::extra_threads ? 1 : 0);
    if (os::thread_count() != ours || sched.foreign_wakeups.load() != wakeups) return;
  }
  if (live_goroutines() == 0) fatal("no goroutines (main called runtime.Goexit) - deadlock!");
  fatal("all goroutines are asleep - deadlock!");
}

}  // namespace gander
