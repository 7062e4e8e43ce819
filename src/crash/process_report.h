// SPDX-License-Identifier: Apache-2.0
//
// What a report says of the process as a whole, in lines that Go's parsers skip:
//
//     runtime: gander 0.2.0 on linux/amd64, process 4711: /usr/bin/server --port 80
//     runtime: up for 3 h 2 min 1.4 s, GOMAXPROCS=2, 7 threads
//     runtime: goroutines: 2 running, 1 runnable, 100 chan receive, 5 select
//     runtime: module 0x55…-0x55… 1f3a…c2 /usr/bin/server
//
// Async-signal-safe; needs 8 KiB of stack.
#pragma once

#include "base/print.h"

namespace gander::crash {

// The process starts now, as far as reports go. Not in a handler: reads the command line.
void start_process_report() noexcept;

void print_process(text_writer& out) noexcept;
void print_goroutine_counts(text_writer& out) noexcept;
void print_modules(text_writer& out) noexcept;

// Why the core that the signal at the end would leave will not come; nothing if it will.
void print_core_prospects(text_writer& out) noexcept;

}  // namespace gander::crash
