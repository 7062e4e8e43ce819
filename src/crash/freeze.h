// SPDX-License-Identifier: Apache-2.0
//
// Stopping the other threads for a report, and learning where they were: each is sent a directed
// signal, whose handler publishes the registers it interrupted and waits. Who does not answer
// (blocks the signal, or is stopped in the kernel) is not waited for any longer than it takes to
// ask the kernel about it; what is known of it then stands in its slot (thread_table.h).
//
// One freeze at a time: who lets the others go on afterwards acquires it first. A dying process
// does not, and takes over those that are frozen. All of it is async-signal-safe.
//
// The same signal pokes a thread that makes a report (part.h).
#pragma once

#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>

#include "arch/regs.h"
#include "sched/sched.h"
#include "sched/standing.h"

namespace gander::crash {

enum class freeze_scope : std::uint8_t {
  mutators,  // those of them that hold users' values, and do not stand still by themselves; in a
             // scheduler stop, where none comes to that
  runtime,   // threads that run goroutines or have called the runtime
  all,       // all threads of the process; system calls are looked at beforehand
};

// Waits for other threads only, and not for ever: one may be stuck. False: it cannot be had.
bool acquire_freeze() noexcept;
void release_freeze() noexcept;

// Whether a thread may hold users' values: it has a goroutine, or the caller of run() stands
// further up on its stack. All others are idle, and get a goroutine only with a P; or of ours: of
// those sysmon serves alarms while no run is on (sysmon.cc says how it makes sure of that).
inline bool may_hold_values(const M& m) noexcept {
  if (m.is_sysmon) {
    if (!sched.active) return true;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return m.serves_alarms.load(std::memory_order_acquire);  // pairs with sysmon's release
  }
  return (m.curg != nullptr && !m.is_helper) || m.is_run_thread;
}

// Whether freeze_scope::mutators asks the thread. REQUIRES: as for stands_at().
inline bool is_asked_as_mutator(const M& m) noexcept {
  return may_hold_values(m) && stands_at(m) == 0;
}

// Asks all others but the calling thread, the dying one, and those that have answered already.
void freeze_others(freeze_scope scope, int dying_tid = 0) noexcept;

// Lets them go on, and forgets them. Unless it wakes them they sleep on until wake_standing(), each
// with the locks that he holds: who takes one before that wakes them first.
void thaw_others(bool wakes = true) noexcept;

// Until the others go on the thread sanitizer is told to ignore what the calling thread does: it
// cannot know that what they have left may be read. freeze_others() does that for its caller; one
// that dies, and waits for another one to report, does it for itself.
void hide_from_sanitizer() noexcept;

// What it has forgotten when the caller of freeze_others() jumps out of a handler.
void hide_again() noexcept;

// Where a thread was interrupted; of one that did not answer, where it sleeps, if it does: its pc
// and sp. False when nothing is known.
bool thread_registers(int tid, regs& out, bool& in_system_call) noexcept;

// The handler by which threads are stopped; passes on signals that are not ours. Again, if somebody
// may have put another in its place.
void install_freeze_handler() noexcept;
bool send_freeze_signal(int tid) noexcept;

// What a thread that also dies does while another one reports: it becomes one of the frozen ones.
// Of a signal, or of none (nullptr).
[[noreturn]] void stay_frozen(const siginfo_t* info = nullptr,
                              const void* ucontext = nullptr) noexcept;

int freeze_signal() noexcept;

// Threads of ours that are in no report: one, the crash thread.
void leave_out_of_reports(int tid) noexcept;

}  // namespace gander::crash
