// SPDX-License-Identifier: Apache-2.0
//
// What each goroutine did last, out of the events that are still in memory, for reports:
//
//     runtime: 3.2ms ago: unblocked by goroutine 61 at /src/pipe.cc:88 (send_all)
//
// By the crash reporter alone, while all other threads stand still. Believes nothing that it reads.
// Async-signal-safe; 256 KiB of stack.
#pragma once

#include "base/print.h"
#include "sched/g.h"

namespace gander::tracer {

// Memory for it; without it nothing is told. Not in a handler.
void prepare_to_look_back() noexcept;

// Reads what the flight recorder holds, and the generations that are not complete yet.
void look_back() noexcept;

// At most four lines, the latest last. REQUIRES: look_back().
void tell_last_events(text_writer& out, const g_record& record) noexcept;

}  // namespace gander::tracer
