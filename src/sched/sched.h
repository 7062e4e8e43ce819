// SPDX-License-Identifier: Apache-2.0
//
// The scheduler's shared state, and the functions by which its files call each other.
//
// Locks and their order: stop_lock (a parking one, outermost) < retake_lock < sched.lock < internal
// locks of pools. A lock of a channel or a primitive may be held when ready() takes sched.lock;
// never the other way round. "lock" below means sched.guard. Words that are atomic are read without
// it, as hints or as said.
//
// docs/design/scheduler.md. How Ms park and are woken: scheduler_parking.md, with its model,
// test/model/parking.pml; how alarms are, test/model/timekeeper.pml.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/relaxed.h"
#include "sched/border.h"
#include "sched/global_queue.h"
#include "sched/p.h"
#include "sched/park.h"
#include "sched/world.h"

namespace gander {

inline constexpr std::uint32_t max_procs = 1024;

// How often a P looks at the global queue before its own: prime, so that it does not fall into step
// with the program.
inline constexpr std::uint32_t global_queue_interval = 61;

struct scheduler {
  lock guard;

  // --- under the lock
  gander::global_queue global_queue;
  M* idle_ms = nullptr;
  P* idle_ps = nullptr;
  std::uint32_t ms = 0;  // threads of ours that run goroutines, idle ones included
  std::uint32_t ms_parked =
      0;  // of those: idle, waiting for their locked goroutine, or for the end of the run
  P* all_ps[max_procs] = {};  // grows only in a stop; entries never change

  // --- written under the lock, read without
  std::atomic<std::uint32_t> idle_p_count{0};
  std::atomic<std::uint32_t> global_count{0};  // size of global_queue
  std::atomic<M*> timekeeper{nullptr};         // the idle M that sleeps until the earliest alarm
  std::atomic<std::int64_t> timekeeper_deadline_ns{INT64_MAX};

  // --- words of their own
  std::atomic<std::uint32_t> spinning{0};  // Ms that look for work
  std::atomic<bool> stop_pending{false};   // Ms give their P away at the next opportunity
  published<std::uint32_t> procs{0};  // GOMAXPROCS: all_ps[0, procs) are in use; written in a stop
  published<std::uint32_t> procs_made{0};  // all_ps[0, procs_made) exist
  relaxed<std::uint32_t> world{0};         // the number of the current run(), counted from 1
  relaxed<bool> active{false};             // between the start and the end of a run()
  relaxed<std::int64_t> coarse_now_ns{0};  // at most some 20 ms old while anything runs
  published<M*> all_ms{nullptr};           // all Ms ever, newest first
  relaxed<bool> forked{false};             // this is a forked child: nothing of ours works here
  std::atomic<std::uint32_t> computing_without_p{
      0};  // Ms that were retaken while they computed, and still do
  std::atomic<std::int64_t> live_without_p{
      0};  // goroutines started minus ended by threads without a P
  // ready() of foreign threads, and helper threads that will end: what the deadlock rule has
  // counted meanwhile does not hold.
  std::atomic<std::uint32_t> foreign_wakeups{0};
  std::atomic<std::uint32_t> helper_threads{0};  // threads of ours that run no goroutines
};

extern scheduler sched;

// Whether the run() of g has ended: it is never scheduled again, and what is handed to it is lost.
inline bool is_over(const G& g) noexcept {
  return !g.foreign && (!sched.active || g.world != sched.world);
}

// --- context.cc: switching between a goroutine and the scheduler's stack of its M
// Saves the calling goroutine's context and runs body(g) on g0; returns when g is executed again.
void mcall(void (*body)(G*), bool for_ever = false) noexcept;
// These do not return, and are called in tail position; see arch.h.
void execute(G* g, bool inherits_slice) noexcept;
void resume_thread(M* m) noexcept;  // leaves the scheduler: continues what called enter_g0

// --- schedule.cc
void schedule() noexcept;

// --- find.cc
runnable find_runnable(M* m) noexcept;
bool any_queue_has_work() noexcept;  // with a full fence before the looks

// --- queues.cc
void put_local(P* p, G* g, bool next) noexcept;
void put_global(G* g) noexcept;
// What a thread without a P makes runnable: with its event, all under the lock.
void put_global_without_p(G* g, void (*event)(M*, G*) noexcept) noexcept;
G* get_global(P* p, std::uint32_t max) noexcept;  // under the lock

// --- idle.cc: Ps and Ms without work
void acquire_p(M* m, P* p) noexcept;
P* release_p(M* m) noexcept;
void put_idle_p(P* p) noexcept;  // under the lock; to the stop, if one is on
P* get_idle_p() noexcept;        // under the lock
void hand_off_p(P* p) noexcept;  // gives a P whose M is lost to work, or to the idle list
void wake_p() noexcept;          // one more M looks for work, if that makes sense
void start_m(P* p, bool spinning) noexcept;
void stop_m(M* m) noexcept;  // sleeps until there is a P for m
void wake_timekeeper(std::int64_t when_ns) noexcept;

// --- m.cc
M* new_m(bool foreign) noexcept;  // registered, without a thread
void retire_m(M* m) noexcept;     // its thread goes; the memory stays, for reports and for reuse
bool start_thread_for(P* p, bool spinning) noexcept;
void bind_thread(M* m) noexcept;  // makes the calling thread m's
void unbind_thread(M* m) noexcept;
using thread_hook = void (*)(M*, bool starts);
void set_thread_hook(thread_hook hook) noexcept;  // for signal stacks; called on the thread itself

// --- g_alloc.cc
G* get_g(M* m,
         unsigned stack_class) noexcept;  // idle, with a stack; nullptr when there is no memory
void put_g(M* m, G* g) noexcept;          // dead
void release_cache(P* p) noexcept;        // a retiring P's dead Gs, for the others
G* new_pseudo_g(M* m) noexcept;           // m's for ever
std::uint64_t new_goid(P* p) noexcept;

// --- locked.cc
// m sleeps until its goroutine is runnable; has a P then. Returns whether it shares the time slice
// of the one who woke it: two that only wake each other must use theirs up, else nobody else runs.
bool wait_for_locked_g(M* m) noexcept;
// Hands m's P to the M that g is locked to.
void start_locked_m(M* m, G* g, bool inherits_slice) noexcept;
void exit_thread(M* m) noexcept;

// --- stop.cc
bool stop_the_world() noexcept;  // afterwards the caller runs alone, with all Ps; parks if another
                                 // stop is on. False for threads when the run has ended meanwhile.
void start_the_world(std::uint32_t procs) noexcept;
void end_the_world() noexcept;  // instead of start_the_world: no P is ever given back
void begin_world(std::uint32_t procs) noexcept;  // before anything runs: makes the Ps
void give_p_to_stop(M* m) noexcept;              // for Ms that see stop_pending; returns with a P
void note_stopped() noexcept;                    // tells the stop to look again

// --- retake.cc
struct victim {
  M* m;
  P* p;
  std::uint32_t tick;
  bool computes;  // for sysmon: it was not blocked
  bool won;
  std::uintptr_t blocked_pc = 0;  // for traces: where, if it does not compute; 0: not known
  std::uintptr_t blocked_sp = 0;
};
void retake(victim* victims, std::size_t count) noexcept;  // for good: M::border → taken
void ask_to_stop(victim* victims,
                 std::size_t count) noexcept;  // for a stop: → stopping or borrowed

// --- sysmon.cc
void start_sysmon() noexcept;
void wake_sysmon() noexcept;  // cheap when it is awake

// --- alarms.cc
std::int64_t earliest_alarm() noexcept;
int run_alarms(P* p, std::int64_t now_ns) noexcept;

// --- foreign.cc
void suspend_foreign(M* m) noexcept;
void rebind_foreign(M* m) noexcept;

// --- goroutine.cc
void prepare_main(G* main) noexcept;  // fills in what new_goroutine() would have
void destroy_goroutine_locals(G* g) noexcept;

// --- deadlock.cc
void check_deadlock() noexcept;

}  // namespace gander
