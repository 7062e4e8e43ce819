// SPDX-License-Identifier: Apache-2.0
//
// M: an operating system thread that runs goroutines, or a pseudo-M: a thread of somebody else's
// that has called the runtime.
//
// Ownership: an M's fields belong to its own thread, but for `border` (see border.h), `next_p` and
// the note (written by the waker before the wakeup), and what says "reports". An M is never freed:
// a report may look at it at any time.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/relaxed.h"
#include "os/note.h"
#include "sched/g.h"
#include "trace/writer.h"

namespace gander {

struct P;
namespace gc {
struct shade_buffer;
}

// See border.h for the protocol.
enum border_state : std::uint32_t {
  owned,       // has a P, undisputed
  asked,       // sysmon wants the P and is looking whether user code runs
  stopping,    // a stop wants the P: the M's next entry gives it
  taken,       // has no P
  borrowed,    // a stop holds the P and will give it back
  after_fork,  // this is a forked child: nothing of ours works here
};

struct alignas(64) M {
  // Written at every crossing of the border by the owner, read by retakers.
  std::atomic<std::uint32_t> in_runtime{1};
  std::atomic<std::uint32_t> border{taken};  // a border_state
  relaxed<P*> p{nullptr};  // written by the owner; retakers read it and confirm through `border`
  relaxed<G*> curg{
      nullptr};  // the goroutine it runs, or its pseudo-G; written by the owner, read by reports
  void* g0_sp = nullptr;                  // the scheduler's stack starts below this saved context
  exception_state* exceptions = nullptr;  // this thread's __cxa_get_globals()
  int* errno_location = nullptr;
  arch::fp_control fp;  // what the control registers hold
  std::uint32_t random = 1;

  bool spinning = false;                   // looking for work, counted in sched.spinning
  relaxed<bool> is_run_thread{false};      // the thread that called run(); the collector looks
  bool foreign = false;                    // a pseudo-M
  bool scheduling = false;                 // on the scheduler's stack
  relaxed<bool> is_sysmon{false};          // reports look
  std::atomic<bool> serves_alarms{false};  // sysmon, while no run is on: may hold users' values
  relaxed<bool> is_helper{false};          // a thread of ours: its pseudo-G is in no report
  std::atomic<bool> computes_without_p{false};  // counted in sched.computing_without_p
  G* locked_g = nullptr;
  P* next_p = nullptr;               // handed over with a wakeup
  bool next_inherits_slice = false;  // and with it, whether the bound goroutine shares a time slice
  os::note park_note;  // where it sleeps when it has nothing to do; clear while it is awake

  void (*mcall_body)(G*) = nullptr;  // what the scheduler's stack was entered for
  void* commit_argument = nullptr;   // park's instructions to the scheduler's stack
  void (*commit)(void*) noexcept = nullptr;
  wait_reason reason = wait_reason::none;
  const void* waits_for = nullptr;

  // While it waits at the border for the end of a stop: its registers lie above, on its goroutine's
  // stack (standing.h). 0: it does not, or stands elsewhere.
  std::atomic<std::uintptr_t> waits_at{0};

  M* all_next = nullptr;   // all Ms, newest first; reports walk it without a lock
  M* idle_next = nullptr;  // idle Ms; guarded by sched.lock
  std::uint32_t id = 0;
  relaxed<int> tid{0};  // of the thread that it had last; reports and sysmon look at any time
  char* signal_stack = nullptr;  // the crash layer's, its lowest address; nullptr: not of ours
  std::size_t signal_stack_size = 0;
  std::atomic<bool> exited{false};
  std::atomic<bool> parked{false};  // a pseudo-M that waits in the runtime; for the deadlock rule

  // sysmon's notes about this M; sysmon only.
  struct observation {
    std::uint64_t tick = 0;  // P::schedtick when last looked
    const void* p = nullptr;
    std::int64_t since_ns = 0;           // when this tick was first seen
    std::int64_t moved_ns = 0;           // when its CPU clock was last seen to move
    std::int64_t cpu_when_asked_ns = 0;  // to yield, or when this tick was first seen
    std::int64_t cpu_last_ns = 0;
  } seen;

  void* sanitizer_fiber = nullptr;  // tsan's fiber of g0, or the fake stack that the thread had
                                    // before its first goroutine
  std::uintptr_t stack_low = 0;     // of g0, which is the thread's own; for asan
  std::uintptr_t stack_high = 0;    // os::end_of_current_stack()

  gc::shade_buffer* shaded = nullptr;  // see gc/shade.h
  gc::shade_buffer* told_lately = nullptr;
  gc::shade_buffer* written = nullptr;

  trace::writer trace;       // its thread's events; who may write them, tracing.h says
  bool just_traced = false;  // no code but the scheduler's has run since the last event
};

}  // namespace gander
