// SPDX-License-Identifier: Apache-2.0
//
// What is left of a stack that cannot be walked to its end, because it was overwritten or because
// code tells nothing of its frames: the words above the last frame that point behind a call. Some
// of them are return addresses, some were, of calls that have returned.
//
//     runtime: goroutine 5 cannot be walked above sp=0x…; what may be return addresses there:
//     runtime:   0x55… run_case at /src/main.cc:51
//
// Async-signal-safe; needs 256 KiB of stack.
#pragma once

#include <cstdint>

#include "base/print.h"

namespace gander::crash {

// `from` is the sp of the last frame, `end` that of the stack; 0: unknown.
void print_stack_scan(text_writer& out, std::uint64_t goid, std::uintptr_t from,
                      std::uintptr_t end) noexcept;

}  // namespace gander::crash
