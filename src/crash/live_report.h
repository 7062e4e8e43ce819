// SPDX-License-Identifier: Apache-2.0
//
// The stacks of all goroutines, or of the calling one, while the process goes on.
//
// The others are frozen meanwhile. Takes no lock that the code could hold that a handler
// interrupted: the one at a time is told by its thread's id, and if that is the caller's own, there
// is no report. [signal] Any thread, any stack.
#pragma once

#include "base/print.h"

namespace gander::crash {

// False: nothing was written; no memory, or the caller interrupted its own report.
bool write_stacks(text_writer& out, bool all) noexcept;

}  // namespace gander::crash
