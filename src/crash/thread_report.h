// SPDX-License-Identifier: Apache-2.0
//
// The other threads, as GOTRACEBACK=crash shows them: behind a line of dashes, what each is and
// does, its stack, if that is the scheduler's the goroutine's behind it, and its registers.
//
//     -----
//
//     runtime: thread 4711 "gander", m=2, runs goroutine 5
//     runtime: system call 0: read(0x3, 0x7f…, 0x400)
//
//     goroutine 5 gp=0x… m=2 mp=0x… [syscall]:
//     FRAMES
//
//     rax    0x…
//
// The threads are frozen. Async-signal-safe; needs 256 KiB of stack.
#pragma once

#include "base/print.h"
#include "crash/goroutine_report.h"
#include "crash/thread_table.h"

namespace gander::crash {

// What the thread is: its number, its name, what it does for the runtime. A line.
void print_thread_line(text_writer& out, int tid, const M* m, const char* name) noexcept;

void print_other_thread(text_writer& out, const thread_slot& thread,
                        const report_style& style) noexcept;

void print_registers(text_writer& out, const register_dump& registers) noexcept;

// The M whose thread this is; nullptr: none.
const M* find_m(int tid) noexcept;

}  // namespace gander::crash
