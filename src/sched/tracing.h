// SPDX-License-Identifier: Apache-2.0
//
// The scheduler's events: what each transition of a goroutine, a P and an M is in a trace. The page
// docs/design/trace.md says who may write when, and why that is right; its rule in short:
//
// REQUIRES, for all but on(): the caller is an M in the runtime with a P, or holds sched.guard. And
// tracing is on, which the caller has asked under the same condition: it stays on until he lets go.
//
//     if (tracing::on()) [[unlikely]] tracing::go_blocks(m, g, reason);
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/relaxed.h"
#include "sched/m.h"
#include "sched/p.h"
#include "sched/wait_reason.h"
#include "trace/event.h"
#include "trace/tables.h"

namespace gander::tracing {

inline bool on() noexcept { return trace::current_generation != 0; }

// --- goroutines
void go_created(M* m, G* g) noexcept;  // g has its entry; before others can see it
void go_starts(M* m, G* g) noexcept;
void go_stops(M* m, G* g, trace::text reason) noexcept;   // on g0
void go_blocks(M* m, G* g, wait_reason reason) noexcept;  // on g0
void go_unblocked(M* m, G* g) noexcept;                   // before others can see it
void go_destroyed(M* m, G* g) noexcept;

// A goroutine without a P is back from user code; before others can see it.
void go_came_back(M* m, G* g) noexcept;

// --- Ps
void proc_started(M* m, P* p) noexcept;
void proc_stopped(M* m) noexcept;

// The calling goroutine gives its P away, m's, and goes on without it for as long as it may block.
void go_leaves_p(M* m) noexcept;

// The P of m, which is in user code, was taken; under sched.guard since before it was, or in a
// stop. Where it blocked, as far as that is known: 0 if it computed.
struct blocked_at {
  std::uintptr_t pc = 0;
  std::uintptr_t sp = 0;
};
void proc_taken(M* m, P* p, G* g, bool computes, blocked_at where) noexcept;

// --- what users tell of a goroutine: by itself, in a switching scope
void task_begins(M* m, std::uint64_t task, std::uint64_t parent, std::string_view name) noexcept;
void task_ends(M* m, std::uint64_t task) noexcept;
void region_begins(M* m, std::uint64_t task, std::string_view name) noexcept;
void region_ends(M* m, std::uint64_t task, std::string_view name) noexcept;
void log(M* m, std::uint64_t task, std::string_view key, std::string_view value) noexcept;

// --- the heap's collector; whether tracing is on or not: who begins to trace must know
void gc_begins(M* m) noexcept;  // to mark; by a goroutine
void gc_ends(M* m) noexcept;
void sweep_begins(M* m) noexcept;  // with a P, which is not given away until the end
void sweep_ends(M* m, std::uint64_t swept_bytes, std::uint64_t reclaimed_bytes) noexcept;
void mark_assist_begins(M* m) noexcept;  // by a goroutine, which may block meanwhile
void mark_assist_ends(M* m) noexcept;
void heap_live(M* m, std::uint64_t bytes) noexcept;  // with a P
void heap_goal(M* m, std::uint64_t bytes) noexcept;

// --- all of it
void stw_begin(M* m, trace::text kind) noexcept;  // by a goroutine
void stw_end(M* m) noexcept;
void procs_changed(M* m) noexcept;
void procs_change_unseen() noexcept;  // by a thread without a P: the next who may tells of it

// The thread of m ends, or gets another M: under sched.guard.
void thread_ends(M* m) noexcept;

// --- the collector's: in a stop of all Ps, or when all are idle; under sched.guard
// The two that end a generation write by the collector's writer what it lacks, and return its
// batches.
void begin(std::uint32_t first_generation) noexcept;
struct ended_generation {
  trace::batch* batches;
  bool torn;  // events were lost
};
ended_generation next_generation(trace::writer& w) noexcept;
ended_generation end(trace::writer& w) noexcept;

// Called by sysmon in each of its rounds while tracing is on.
void set_sysmon_round(void (*function)(std::int64_t now_ns) noexcept) noexcept;
void sysmon_round(std::int64_t now_ns) noexcept;

// What a generation says of a goroutine that had no event in it: GoStatusStack.
struct silent_g {
  std::uint64_t goid = 0;
  std::uint64_t thread = trace::no_thread;
  trace::go_state state{};
  std::uint32_t stack = 0;
  bool assists = false;  // and GCMarkAssistActive behind it
};

// The collector's, before the end of a generation, while everything runs; or the crash reporter's.
// Those that are visited count as told. `frozen`: no lock is taken. [signal]
void for_each_silent(bool frozen, void (*visit)(void* argument, const silent_g& g),
                     void* argument) noexcept;
void tell_the_silent(trace::writer& w) noexcept;

}  // namespace gander::tracing
