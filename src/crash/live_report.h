// SPDX-License-Identifier: Apache-2.0
//
// The stacks of all goroutines, or of the calling one, while the process goes on.
//
// The others are frozen meanwhile. Takes no lock that the code could hold that a handler
// interrupted: the one at a time is told by its thread's id, and if that is the caller's own, there
// is no report. [signal] Any thread, any stack.
#pragma once

#include <cstdint>

#include "arch/regs.h"
#include "base/print.h"

namespace gander::crash {

// False: nothing was written; no memory, or the caller interrupted its own report, or another
// thread's does not end.
enum class live_stacks : std::uint8_t {
  own,       // the caller's
  all,       // those of all goroutines, as Go has it without frames of the runtime
  by_level,  // the same as the level in force says, at `crash` all threads, too
  leaked,    // those of goroutines that are known to be leaked
};
bool write_stacks(text_writer& out, live_stacks what) noexcept;

struct live_request {
  live_stacks what = live_stacks::own;
  regs at;                         // where the calling thread was
  const void* ucontext = nullptr;  // of a signal, for its registers
};
bool write_live_report(text_writer& out, const live_request& what) noexcept;

}  // namespace gander::crash
