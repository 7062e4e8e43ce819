// SPDX-License-Identifier: Apache-2.0
//
// The handlers of deadly signals.
//
// What a signal means is Go's table: a memory fault or an arithmetic one in the program's code is a
// panic ("runtime error: …"); the same signal sent by somebody, and SIGQUIT, SIGABRT, SIGILL,
// SIGTRAP, is told as itself, with registers. A goroutine that has asked for it gets its own faults
// as exceptions (fault_throw.h).
#pragma once

namespace gander::crash {

// Once, before the first goroutine.
void install_signal_handlers() noexcept;

// Once more, for a report: whatever the program or a sanitizer has put in front of our handlers, a
// fault in a part of the report is ours.
void take_signals() noexcept;

}  // namespace gander::crash
