// SPDX-License-Identifier: Apache-2.0
//
// The lines of a report that say for whom a goroutine waits: the holder of the lock, the channel
// and who else waits for it, and who waits for whom in a circle.
//
// They stand behind the goroutine's block, after a blank line, and begin with "runtime: ": so
// gostackparse, which looks for the next "goroutine " then, skips them. (panicparse begins a new
// snapshot there. In front of the block, where it would not, tools that cut reports at blank lines
// would lose the goroutine.)
//
// Of goroutines with equal stacks (stack_groups.h) that are not shown only circles are told.
//
// The other threads are frozen. What is read is not believed: see wait_objects.h.
// Async-signal-safe; needs 256 KiB of stack.
#pragma once

#include <gander/internal/place.h>

#include "base/print.h"
#include "crash/waiters.h"
#include "sched/g_table.h"

namespace gander::crash {

// Nothing, unless the goroutine waits for something that can be told.
void print_waits_for(text_writer& out, const g_record& record, lists_seen& lists) noexcept;

// What is known of an object that was used wrongly, for the first lines of a report:
//     runtime: channel 0x… was closed by goroutine 5 at FILE:LINE (FUNC), made at …
void print_past(text_writer& out, const internal::past& past) noexcept;

}  // namespace gander::crash
