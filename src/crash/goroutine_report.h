// SPDX-License-Identifier: Apache-2.0
//
// The part of a report that is about one goroutine: header, frames, creator.
//
//     goroutine 7 [chan receive labels:{"name": "parser"}, 3 minutes, locked to thread]:
//     FRAMES
//     created by FUNC in goroutine 1
//     <tab>FILE:LINE +0x…
//
//     runtime: goroutine 7 waits to receive from channel 0x…    see waits_for.h
//
// The other threads are frozen, or the world is stopped. Async-signal-safe; needs 256 KiB of stack.
#pragma once

#include <cstdint>

#include "base/print.h"
#include "crash/frame_printer.h"
#include "crash/traceback_level.h"
#include "crash/waiters.h"
#include "sched/g_table.h"

namespace gander::crash {

struct report_style {
  frame_style frames;
  bool pointers = false;  // gp= m= mp= in headers: Go's parsers of dumps refuse them
  mutable lists_seen lists;
};

// What a level says; `forced`: frames of the runtime and addresses all the same.
report_style style_for(const traceback_level& level, bool forced) noexcept;

// The goroutine at fault, or any other whose registers are known.
void print_goroutine(text_writer& out, const g_record& record, const regs& registers,
                     const char* status, const report_style& style) noexcept;

// A goroutine whose stack is known from recorded return addresses only.
void print_goroutine(text_writer& out, const g_record& record, std::span<const std::uintptr_t> pcs,
                     const report_style& style) noexcept;

// Any other goroutine, as it stands: parked, runnable, or running on a frozen thread.
void print_goroutine(text_writer& out, const g_record& record, const report_style& style) noexcept;

// A thread without a goroutine; `m` is nullptr where it has never called the runtime.
void print_thread(text_writer& out, const M* m, const char* status, const regs& registers,
                  const report_style& style) noexcept;

// The same, of which not even the pc is known.
void print_unknown_thread(text_writer& out, const M* m, const char* status,
                          const report_style& style) noexcept;

// A thread of M m that is on the scheduler's stack, and then the goroutine that it left for that,
// if there is one.
void print_scheduling_thread(text_writer& out, const M& m, const regs& registers,
                             const report_style& style) noexcept;
void print_left_goroutine(text_writer& out, const M& m, const report_style& style) noexcept;

// Whether a thread with these registers runs on the scheduler's stack of m, and not on the
// goroutine's that it had.
bool is_on_scheduler_stack(const M& m, const regs& registers) noexcept;

// The record of the goroutine of a thread, or nullptr.
const g_record* record_of(const M* m) noexcept;

// Whether it stands still in a saved context, and that context.
bool is_parked(const g_record& record) noexcept;
regs parked_registers(const g_record& record) noexcept;

// Whether a report of all goroutines includes this one.
bool is_reported(const g_record& record) noexcept;

// Asks for what a report looks at first of a goroutine that comes a few later: its record, and its
// innermost frames, for which it would wait longer than it takes to print it. A hint, wherever the
// record leads.
inline void prefetch_goroutine(std::uint32_t index, std::uint32_t count) noexcept {
  constexpr std::uint32_t records_ahead = 8;
  constexpr std::uint32_t frames_ahead = 3;
  if (index + records_ahead < count) __builtin_prefetch(&g_table::records()[index + records_ahead]);
  if (index + frames_ahead >= count) return;
  constexpr std::uintptr_t frames_bytes = 512;
  constexpr std::uintptr_t line = 64;
  const std::uintptr_t sp =
      g_table::records()[index + frames_ahead].sp.load(std::memory_order_relaxed);
  for (std::uintptr_t at = sp; at < sp + frames_bytes; at += line)
    __builtin_prefetch(reinterpret_cast<const void*>(at));
}

// Visits those but `except`, in the order of their records, without a lock.
template <typename Visit>
void for_each_reported(const g_record* except, Visit&& visit) {
  const std::uint32_t count = g_table::size();
  for (std::uint32_t i = 0; i < count; ++i) {
    prefetch_goroutine(i, count);
    const g_record& record = g_table::records()[i];
    if (&record != except && is_reported(record)) visit(record);
  }
}

// What was being printed was left in the middle: takes back what of it is not out yet and no parser
// takes, half a line or half a frame. Ends at the start of a line.
text_writer& end_broken_text(text_writer& out) noexcept;

}  // namespace gander::crash
