// SPDX-License-Identifier: Apache-2.0
//
// A world is one run(): the goroutines that it starts belong to it, and when its main goroutine
// ends none of them is ever scheduled again. The threads, Ps and caches stay for the next one.
//
//     none → active     run_world(), on the thread that becomes the run thread
//     active → none     end_run(), by the main goroutine when its function has returned
#pragma once

#include <gander/internal/lock.h>

#include <cstdint>

#include "sched/g.h"

namespace gander {

inline constexpr std::uint64_t main_goid = 1;

// Held while a world begins; and by who needs that none does (the collector, when it finds none).
extern internal::lock world_lock;

struct world_request {
  void (*entry)(void*);  // the main goroutine's function
  void* argument;        // stays the caller's
  std::uint32_t procs;
  unsigned main_stack_class;
  std::int64_t grace_ns;  // how long to wait, at the end, for goroutines that are in user code
};

// Runs a world to its end on the calling thread; false when there is no memory for the main
// goroutine. REQUIRES: no other world is active.
bool run_world(const world_request& request) noexcept;

// What exists once per process: the first P, sysmon, at-fork handlers. Any thread; cheap once done.
void ensure_runtime() noexcept;

// Ends the world of the calling goroutine, which must be the main one and inside a switching scope,
// and parks it for ever.
[[noreturn]] void end_run() noexcept;

// A goroutine came back from user code after its world had ended: here it stays, with its thread.
[[noreturn]] void stay_for_ever() noexcept;

// The scheduler of the run thread: it runs nothing but the main goroutine (else some goroutine that
// blocks there could keep run() from returning), so when that goroutine parks, the thread passes
// its P on and waits for the end.
void leave_run_thread(M* m) noexcept;

}  // namespace gander
