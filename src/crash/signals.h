// SPDX-License-Identifier: Apache-2.0
//
// The handlers of deadly signals, and the stacks on which they run.
//
// What a signal means is Go's table: a memory fault or an arithmetic one in the program's code is a
// panic ("runtime error: …"); the same signal sent by somebody, and SIGQUIT, SIGABRT, SIGILL,
// SIGTRAP, is told as itself, with registers.
#pragma once

#include "sched/m.h"

namespace gander::crash {

// Once, before the first goroutine.
void install_signal_handlers() noexcept;

// Gives the calling thread, which M m binds, a stack for signals, or takes it away. Keeps one that
// is there.
void signal_stack(M* m, bool starts) noexcept;

}  // namespace gander::crash
