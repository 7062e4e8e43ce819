// SPDX-License-Identifier: Apache-2.0
//
// The return addresses of one stack's frames, at a few nanoseconds a frame: for whoever takes
// stacks all the time, where the unwinder is for whoever takes one and must have it whole.
//
//   std::uintptr_t pcs[64];
//   std::size_t count = quick_walk(here(), stack_low, stack_high, pcs, 64);
//
// It keeps pc, sp and fp, all that compiled code is left by; each pc's row of call-frame
// information is read once, and remembered as one word (quick_row.h). Where that does not do (a
// handler's frame, an interrupted PLT entry) one step is the unwinder's, in the same bounds, with
// no other register known: what needs one ends the walk. Generated code, which no module holds, is
// left by its frame pointer.
//
// Promises: reads of the stack only what lies within the bounds, and beside it only what belongs to
// loaded modules, so it never faults and needs no handler; always ends, for each step goes up; no
// lock, no memory, no thread-local; async-signal-safe, any thread, any stack with 8 KiB left. A
// stack that changes meanwhile, or is damaged, makes an answer of nonsense and no harm. Who unloads
// code calls forget_cached_rows(), and sees to it that nobody walks through that code meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>

#include "arch/arch.h"
#include "arch/regs.h"

namespace gander::unwind {

// Where a walk starts: a frame's registers, with pc behind the instruction that it stands for.
using start = arch::frame;

// At the calling function. The walk must be over before that function returns.
using arch::here;

// At what the registers say.
inline start at(const regs& r) noexcept {
  return {r.pc() + !r.pc_is_return_address, r.sp(), r.fp()};
}

// At the code that was parked when it called the switch, for a saved context of arch.h; of one that
// never ran, at the entry. REQUIRES: the context is not resumed while this reads it.
inline start parked(const void* context) noexcept { return arch::caller_of_context(context); }

// Stores the return addresses of the frames from `from` outwards, innermost first, `from.pc` among
// them; returns how many. All are to be looked up one byte before. The walk ends at the outermost
// frame, at `max`, and where it does not know on.
// REQUIRES: [low, high) can be read as long as this runs.
std::size_t quick_walk(const start& from, std::uintptr_t low, std::uintptr_t high,
                       std::uintptr_t* out, std::size_t max) noexcept;

// The same from what a signal interrupted (regs::from_ucontext), by the unwinder: with all
// registers, for the loader's lazy binding stands its frame on another, and with what it knows of
// odd code: of libc's assembler for 386, which tells of its pushes wrongly, and of jumps to what is
// no code. Some 50 ns a frame.
std::size_t quick_walk_interrupted(const regs& interrupted, std::uintptr_t low, std::uintptr_t high,
                                   std::uintptr_t* out, std::size_t max) noexcept;

}  // namespace gander::unwind
