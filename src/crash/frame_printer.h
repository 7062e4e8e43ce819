// SPDX-License-Identifier: Apache-2.0
//
// A stack as Go prints it:
//   FUNC(...)\n\tFILE:LINE +0xOFFSET[ fp=0x… sp=0x… pc=0x…]\n      a physical frame
//   FUNC(...)\n\tFILE:LINE\n                                       a call inlined into the next one
//   ...N frames elided...\n                                        of more than inner + outer
// The offset is that of pc from the function's start, the line that of the call. A function without
// a name:
//   ?(...)\n\tMODULE:0 +0xOFFSET\n                                 pc - load address: for addr2line
//   ?(...)\n\t?:0 +0xPC\n                                          in no module
//
// Async-signal-safe, given a writer that is; the rules of symbolizer.h hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/print.h"
#include "crash/symbolizer.h"
#include "unwind/unwinder.h"

namespace gander::crash {

struct frame_style {
  bool runtime_functions = false;  // also what is_runtime_function() hides
  bool registers = false;          // fp, sp, pc behind each physical frame
  std::size_t inner = 50;
  std::size_t outer = 50;
};

// How a walk ended: well (`end_of_stack`), or why not; and the sp of its last frame.
struct walk_end {
  unwind::unwinder::state why = unwind::unwinder::state::end_of_stack;
  std::uintptr_t sp = 0;
};

// Prints the walk from its current frame on; returns the number of logical frames printed. If the
// style hides all of them, they are printed nevertheless: an empty stack explains nothing.
std::size_t print_frames(text_writer& out, unwind::unwinder walk, const frame_style& style,
                         walk_end* end = nullptr) noexcept;

// The same for recorded return addresses (capture_pcs); `registers` prints pc only with them.
std::size_t print_frames(text_writer& out, std::span<const std::uintptr_t> return_addresses,
                         const frame_style& style) noexcept;

// Only the two lines of one logical frame; `created by` has other words than "(...)" behind the
// name.
void print_frame(text_writer& out, const logical_frame& frame, std::uintptr_t pc,
                 std::string_view after_name = "(...)", std::string_view callable = {}) noexcept;

}  // namespace gander::crash
