// SPDX-License-Identifier: Apache-2.0
//
// The report of a death, from its first line to the end of the process.
//
// The first thread to die owns the report. It prints its first lines at once and hands the rest to
// the crash thread (crash_thread.h), which makes it part by part (part.h) while the dying thread
// looks after it; without an answer it does that itself. Other threads that die meanwhile are
// frozen. A fault of the reporter outside of every part ends the process with what has been
// printed.
//
// Async-signal-safe. Any stack.
#pragma once

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>

#include "arch/regs.h"
#include "base/print.h"

namespace gander::crash {

struct death {
  // Writes everything before the stacks: "panic: …", "fatal error: …", "SIGQUIT: quit" with what
  // belongs to them. Called on the dying thread.
  void (*first_lines)(text_writer& out, const death& self) = nullptr;
  const void* details = nullptr;  // for first_lines

  const regs* at = nullptr;   // where the thread was; nullptr: the stack of the caller of die()
  bool by_exception = false;  // `at` is in terminate: the stack to be shown is that of the throw
  std::span<const std::uintptr_t> recorded;  // of the throw, where its frames are gone
  const siginfo_t* info = nullptr;           // of a signal
  const void* ucontext = nullptr;            // and with it
  bool by_fault = false;                     // memory was accessed that may not be: at `address`
  bool address_untold = false;               // or the processor does not say where
  std::uintptr_t address = 0;
  fault_access access = fault_access::unknown;
  bool forces_all = false;  // a signal or a throw: all goroutines, frames of the runtime, addresses
  bool of_no_goroutine = false;  // a deadlock: nobody runs
  bool registers = false;        // dump them at the end
  bool instruction = false;      // show the bytes at the pc
  bool by_terminate = false;     // std::terminate was called
};

// Whether the calling thread owns the report, from now on or already; the others stay_frozen().
bool may_report() noexcept;

// Whether some thread owns the report.
bool is_dying() noexcept;

[[noreturn]] void die(const death& d) noexcept;

// Where reports go besides stderr; -1: nowhere.
void set_copy_fd(int fd) noexcept;

// Maps what a report needs, and starts the crash thread. Once, at install.
bool prepare_reports() noexcept;

// For tests: what they may do to a report.
struct report_seam {
  void (*at_step)(std::size_t number) = nullptr;  // runs at the start of each step, within it
  bool no_crash_thread = false;                   // as if it did not answer
};
extern report_seam seam;

// The steps' numbers, for at_step: the reason is 0; the last but one is every other goroutine by
// itself, the last every other thread.
std::size_t step_count() noexcept;

}  // namespace gander::crash
