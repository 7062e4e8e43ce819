// SPDX-License-Identifier: Apache-2.0
//
// G: a goroutine, and g_record: the 64 bytes of it that survive when its stack does not.
//
// States of a G and who may change them:
//     dead → idle       get_g(), by the creator
//     idle → runnable   start_goroutine()
//     idle → dead       its closure's constructor threw
//     runnable → running   execute(), by the M that took it from a queue
//     running → runnable   yield, preemption at a switching call, a switching call without a P
//     running → waiting    park(), on the scheduler's stack, before the waiter's lock is released
//     waiting → runnable   ready(), by the one who took its sudog (or its timer)
//     running → dead       the end of its function, on the scheduler's stack
// Exactly one party owns a G at any time: the queue it is on, the M that runs it, or the lock of
// the list where its sudog waits; so its fields need no lock. The record is read by reports at any
// time, hence atomic.
//
// A G lies in the topmost page of its own stack, and stays bound to it and to its record for ever.
#pragma once

#include <gander/internal/wait_list.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "arch/arch.h"
#include "base/relaxed.h"
#include "sched/stack_look.h"
#include "sched/wait_reason.h"

namespace gander {

struct M;
struct G;

enum class g_status : std::uint8_t { dead, idle, runnable, running, waiting };

enum class scavenge_state : std::uint8_t { unseen, claimed, seen };  // see scavenger.h

// What a report needs of a goroutine. In a mapping of its own: a smashed stack may take the G with
// it. Every access is relaxed: single words for reports, which tolerate a stale mix; the
// scheduler's own decisions are ordered by the queues and locks through which it hands a G over.
// (A report that asked for more would wait, under thread sanitizer, for the lock of the word that a
// thread holds which it has stopped.)
struct alignas(64) g_record {
  std::atomic<std::uint64_t> goid{0};
  std::atomic<g_status> status{g_status::dead};  // see scavenger.h for its two stronger accesses
  std::atomic<wait_reason> reason{wait_reason::none};
  std::atomic<bool> locked_to_thread{false};
  std::atomic<bool> foreign{false};
  std::atomic<std::uint32_t> world{0};  // the run() it belongs to; 0 for foreign threads
  std::atomic<scavenge_state> scavenge{scavenge_state::unseen};
  std::atomic<stack_look> look{stack_look::none};
  std::atomic<bool> leaked{false};           // it waits for ever, see leaks.h of the collector
  std::atomic<std::uint32_t> wait_since{0};  // as wait_clock()
  // Of the saved context; 0 while it runs. Stored before a status that says that it does not: a
  // report may come in between.
  std::atomic<std::uintptr_t> sp{0};
  std::atomic<std::uint64_t> creator_goid{0};
  std::atomic<std::uintptr_t> creator_pc{0};
  // What it waits for, while it waits: of the kind that the reason says, see waits_for.h of the
  // crash layer. nullptr: nothing that can be told.
  std::atomic<const void*> waits_for{nullptr};
  std::atomic<G*> g{nullptr};  // release: a report may look at what is set when it appears
};
static_assert(sizeof(g_record) == 64);

// The time of os::now_ns() in units of 67 ms, so that a record has room for it: ages of up to four
// years are told.
constexpr std::uint32_t wait_clock(std::int64_t now_ns) noexcept {
  return static_cast<std::uint32_t>(now_ns >> 26);
}
inline std::int64_t waited_ns(const g_record& record, std::int64_t now_ns) noexcept {
  const std::uint32_t since = record.wait_since.load(std::memory_order_relaxed);
  return std::int64_t{static_cast<std::int32_t>(wait_clock(now_ns) - since)} * (1 << 26);
}

// The words in which libstdc++ and libc++abi keep a thread's exceptions in flight
// (__cxa_eh_globals).
struct exception_state {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

struct alignas(64) G {
  void* sp = nullptr;      // saved context; valid while not running
  relaxed<M*> m{nullptr};  // the M that runs it; reports look at any time
  g_record* record = nullptr;
  M* locked_m = nullptr;  // lock_os_thread: the only M that may run it
  exception_state exceptions;
  arch::fp_control fp;
  int saved_errno = 0;
  std::uint32_t world = 0;
  // So far one cache line: a switch looks at nothing else here. (With a thousand runnable ones each
  // line more is a thousand lines more, and the second-level cache holds eight thousand.)

  std::atomic<std::uint32_t> select_done{0};  // 1 once a waker has claimed this goroutine's select
  internal::sudog* woken_by = nullptr;        // the sudog of that select; set before ready()

  std::uint64_t goid = 0;
  std::uint64_t who = 0;  // the word for it in which objects remember it, see who.h
  std::uint32_t lock_count = 0;
  bool goexiting = false;        // goexit() is unwinding its frames
  bool foreign = false;          // a pseudo-G of a thread that the runtime did not make
  bool panics_on_fault = false;  // debug::set_panic_on_fault
  std::uint8_t stack_class = 0;

  std::uintptr_t stack_low = 0;   // lowest usable byte, above the guard
  std::uintptr_t stack_high = 0;  // end of the slot
  std::uintptr_t guard_low = 0;   // lowest byte of the slot

  void (*entry)(void*) = nullptr;  // runs, and then destroys, the closure at `closure`
  void* closure = nullptr;
  void* locals = nullptr;  // goroutine_local values; header code owns the list
  const char* name = nullptr;
  std::uint64_t scanned = 0;        // the last scan of stacks in which it was seen on a thread
  void* sanitizer_fiber = nullptr;  // tsan's fiber, or asan's fake stack
  std::atomic<std::uintptr_t> sanitizer_low{0};  // asan: where its values begin, see leak_roots.cc
  alignas(
      16) unsigned char unwind_exception[64] = {};  // goexit's: its frame is gone while it unwinds
  std::atomic<std::uint32_t> wakeups{0};            // foreign threads only: the futex they park on
};

static_assert(sizeof(void*) != 8 || offsetof(G, select_done) == 64);

}  // namespace gander
