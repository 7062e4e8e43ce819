// SPDX-License-Identifier: Apache-2.0
//
// The report of a death, from its first line to the end of the process, and the same text without
// dying.
//
// The first thread to die owns the report: it prints its first lines at once, freezes the others,
// and makes the rest in steps on a stack of its own, each of which may fault without harm to the
// others. Threads that die meanwhile are frozen. A fault of the reporter itself that no step
// catches ends the process with what has been printed. So does a watchdog.
//
// Async-signal-safe. Any stack.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "arch/regs.h"
#include "base/print.h"

namespace gander::crash {

struct death {
  // Writes everything before the stacks: "panic: …", "fatal error: …", "SIGQUIT: quit" with what
  // belongs to them.
  void (*first_lines)(text_writer& out, const death& self) = nullptr;
  const void* details = nullptr;  // for first_lines

  const regs* at =
      nullptr;  // where the thread at fault was; nullptr: the stack of the caller of die()
  const void* ucontext = nullptr;  // of a signal
  std::span<const std::uintptr_t>
      recorded;             // instead of a walk, where frames were lost: return addresses
  bool forces_all = false;  // a signal or a throw: all goroutines, frames of the runtime, addresses
  bool of_no_goroutine = false;  // a deadlock: nobody runs
  bool registers = false;        // dump them at the end
};

// Whether the calling thread owns the report, from now on or already; the others stay_frozen().
bool may_report() noexcept;

[[noreturn]] void die(const death& d) noexcept;

// All goroutines (or only the caller's) to `out`. May be called by any goroutine or thread, not in
// a handler.
void write_stacks(text_writer& out, bool all) noexcept;

// Where reports go besides stderr; -1: nowhere.
void set_copy_fd(int fd) noexcept;

// Maps what a report needs. Once, at install.
bool prepare_reports() noexcept;

}  // namespace gander::crash
