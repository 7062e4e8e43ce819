// SPDX-License-Identifier: Apache-2.0
//
// Stopping the other threads for a report, and learning where they were: each M is sent a directed
// signal, whose handler publishes the registers it interrupted and waits.
//
// Protocol, per thread slot: idle → asked (freeze) → frozen (its handler) → idle (thaw, or a later
// freeze); asked → idle (thaw) where the answer did not come in time: that thread is described by
// what is known from outside. One freeze at a time. All of it is async-signal-safe.
//
// The same signal pokes a thread that makes a report (part.h).
#pragma once

#include <cstddef>

#include "arch/regs.h"
#include "sched/m.h"

namespace gander::crash {

// Asks all Ms but those of the calling and the dying thread, and waits for their answers, at most
// half a second.
void freeze_others(int dying_tid = 0) noexcept;

// Lets them go on.
void thaw_others() noexcept;

// Where a frozen M was interrupted; false when it did not answer.
bool frozen_registers(const M& m, regs& out, bool& in_system_call) noexcept;

// The handler by which running goroutines are stopped; passes on signals that are not ours. Again,
// if somebody may have put another in its place.
void install_freeze_handler() noexcept;
bool send_freeze_signal(int tid) noexcept;

// Why a thread that also dies waits while another one reports: it becomes one of the frozen ones.
[[noreturn]] void stay_frozen(const void* ucontext) noexcept;

int freeze_signal() noexcept;

}  // namespace gander::crash
