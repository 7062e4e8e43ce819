// SPDX-License-Identifier: Apache-2.0
//
// What a report of a death consists of: its steps, in their order, each a part of its own (part.h).
// The first is the dying thread's, the others are the crash thread's, or the dying one's, too.
//
// Async-signal-safe; needs 256 KiB of stack.
#pragma once

#include <cstddef>

#include "arch/regs.h"
#include "base/print.h"
#include "crash/goroutine_report.h"
#include "crash/report.h"
#include "crash/traceback_level.h"
#include "sched/m.h"

namespace gander::crash {

// What is known of the death, published by the dying thread.
struct telling {
  death d;
  regs at;
  int tid = 0;
  const M* m = nullptr;              // of the thread at fault
  const g_record* record = nullptr;  // of the goroutine at fault; nullptr: a thread without one
  register_dump registers;
  traceback_level level;
  report_style style;
  bool stacks = false;
};

std::size_t report_steps() noexcept;

// REQUIRES: the calling thread is the reporter.
void run_step(std::size_t number, const telling& told, text_writer& out) noexcept;

}  // namespace gander::crash
