// SPDX-License-Identifier: Apache-2.0
//
// What a report asks of the tracer, which stands above it: installed when tracing is first used.
//
// Async-signal-safe; all other threads stand still. Each runs in a part of its own.
#pragma once

#include <atomic>

#include "base/print.h"
#include "sched/g.h"

namespace gander::crash {

struct trace_hooks {
  // Looks through what was recorded, for the two below.
  void (*look_back)() noexcept = nullptr;
  // What a goroutine did last, a line for each event.
  void (*tell_last_events)(text_writer& out, const g_record& record) noexcept = nullptr;
  // Writes the flight recorder to the file that $GANDER_CRASH_TRACE names, and tells of it.
  void (*save)(text_writer& out) noexcept = nullptr;
};

extern std::atomic<const trace_hooks*> the_trace_hooks;  // nullptr: nothing was ever traced

}  // namespace gander::crash
