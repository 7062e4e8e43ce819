// SPDX-License-Identifier: Apache-2.0
//
// The flight recorder at the end of a process: written to a file from memory that is encoded
// already, but for the tables of the generations that were not complete yet.
//
// By the crash reporter alone: all other threads stand still, perhaps in the middle of anything, so
// no lock is taken, and no list followed that they may have been changing. Async-signal-safe; 256
// KiB of stack. A part of its own (part.h) catches what goes wrong.
#pragma once

#include "base/print.h"

namespace gander::tracer {

// Remembers the path; "" is none. Not in a handler.
void set_crash_file(const char* path) noexcept;

void save_crash_trace(text_writer& out) noexcept;

}  // namespace gander::tracer
