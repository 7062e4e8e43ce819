// SPDX-License-Identifier: Apache-2.0
//
// The part of a report that is about one goroutine: header, frames, creator.
//
//     goroutine 7 [chan receive, 3 minutes, locked to thread]:
//     FRAMES
//     created by FUNC in goroutine 1
//     <tab>FILE:LINE +0x…
//
// The other threads are frozen, or the world is stopped. Async-signal-safe; needs 256 KiB of stack.
#pragma once

#include <cstdint>

#include "base/print.h"
#include "crash/frame_printer.h"
#include "sched/g.h"

namespace gander::crash {

struct report_style {
  frame_style frames;
  bool pointers = false;  // gp= m= mp= in headers: Go's parsers of dumps refuse them
};

// The goroutine at fault, or any other whose registers are known.
void print_goroutine(text_writer& out, const g_record& record, const regs& registers,
                     const char* status, const report_style& style) noexcept;

// A goroutine whose stack is known from recorded return addresses only.
void print_goroutine(text_writer& out, const g_record& record, std::span<const std::uintptr_t> pcs,
                     const report_style& style) noexcept;

// Any other goroutine, as it stands: parked, runnable, or running on a frozen thread.
void print_goroutine(text_writer& out, const g_record& record, const report_style& style) noexcept;

// Whether a report of all goroutines includes this one.
bool is_reported(const g_record& record) noexcept;

}  // namespace gander::crash
