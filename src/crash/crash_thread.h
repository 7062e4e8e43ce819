// SPDX-License-Identifier: Apache-2.0
//
// The crash thread: started when the handlers are installed, asleep until the process dies, then
// the one that makes the report. What is broken about the dying thread (its stack, its signal mask,
// the memory around it) is not broken here, and the dying thread is free to look after it.
//
//     idle → asked        the dying thread: has published what it knows
//     asked → reporting   the crash thread
//     asked → withdrawn   the dying thread: no answer came in time, and it reports itself
//     reporting → told    the crash thread: the report is made, the dying thread ends the process
//
// It belongs to no M, runs no goroutine and is in no report; the deadlock rule counts it among
// ours. All signals are blocked in it but those of its own faults and, while it reports, the poke
// (part.h).
#pragma once

namespace gander::crash {

// Once. False when the system refuses a thread; then the dying thread reports.
bool start_crash_thread() noexcept;

// Wakes it to run report(). True: it does. False: it is not there (this is a forked child), it does
// not answer, or it is what died. [signal]
bool hand_to_crash_thread(void (*report)()) noexcept;

// After that: returns when the report is made, or when it is to be given up (false). [signal]
bool await_crash_thread() noexcept;

}  // namespace gander::crash
