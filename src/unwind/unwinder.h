// SPDX-License-Identifier: Apache-2.0
//
// Walks one stack, from the registers of its innermost frame outwards, by call-frame information.
//
//   memory_reader reader;
//   unwinder u(regs::from_ucontext(context), reader);
//   do use(u.current(), u.lookup_pc()); while (u.step());
//
// Where there is none (assembler without CFI, generated code) it takes the return address on top of
// the stack, if there is one, or follows the frame pointer; a first frame whose pc is no code at
// all (a call through a wild pointer) is left by the return address on top of the stack. An
// interrupted frame whose caller would be no code, for some of libc's assembler tells of its pushes
// wrongly, is left by the first return address above.
//
// Promises: async-signal-safe; no lock, no memory; believes nothing it reads; always ends, since
// the CFA grows with each frame, except over signal frames and stack switches (a CFA given by an
// expression marks them), of which only a few are followed. Copyable: a copy goes on by itself. Any
// stack with 8 KiB left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "arch/regs.h"
#include "unwind/cfi_row.h"
#include "unwind/memory_reader.h"
#include "unwind/row_cache.h"

namespace gander::unwind {

class unwinder {
 public:
  enum class state : std::uint8_t {
    walking,
    end_of_stack,  // the outermost frame: its return address is undefined, or 0
    no_row,        // no call-frame information, and no frame pointer that could be followed
    bad_memory,   // a register that the row needs is unknown, or lies in memory that cannot be read
    no_progress,  // the stack is damaged: the CFA did not grow, or there were too many switches
  };

  // `reader` must outlive the unwinder; only one of its users may walk at a time.
  unwinder(const regs& first, memory_reader& reader) noexcept : regs_(first), reader_(&reader) {}

  // The frame that the walk has reached.
  const regs& current() const noexcept { return regs_; }
  // Its pc stands behind a call. False for an interrupted frame.
  bool pc_is_return_address() const noexcept { return regs_.pc_is_return_address; }
  // The address to look up in tables: within the call, for a call may be a function's last
  // instruction.
  std::uintptr_t lookup_pc() const noexcept { return regs_.pc() - pc_is_return_address(); }
  // The CFA of the frame that was left by the last step: where the current frame's sp stood.
  std::uintptr_t cfa() const noexcept { return cfa_; }

  // Goes on to the caller. False at the end: why() says which, current() stays the last frame.
  bool step() noexcept;
  state why() const noexcept { return state_; }

 private:
  bool stop(state why) noexcept { return state_ = why, false; }
  bool step_compact(const compact_row& row) noexcept;
  bool step_row(const cfi_row& row) noexcept;
  bool step_without_row() noexcept;
  bool step_out_of_wild_jump() noexcept;
  bool step_to_return_address(std::uintptr_t from, unsigned words) noexcept;
  bool follows_call(std::uintptr_t pc) noexcept;
  bool has_row(std::uintptr_t pc_behind_call) noexcept;
  bool recover(const cfi_row& row, unsigned column, std::uintptr_t cfa, regs& next) noexcept;
  bool enter(regs& next, std::uintptr_t cfa, bool may_switch) noexcept;

  regs regs_;
  memory_reader* reader_;
  std::uintptr_t cfa_ = 0;
  state state_ = state::walking;
  bool first_ = true;
  bool callee_was_bare_ =
      false;  // was interrupted, with nothing but its return address on the stack
  std::uint8_t switches_ = 0;
};

// Whether there is code at pc, behind a call.
bool is_return_address(std::uintptr_t pc, memory_reader& reader) noexcept;

// Stores the pcs of the calling function and its callers, innermost first, without the first
// `skip`; returns how many. All are to be looked up as return addresses: the pc of an interrupted
// frame is one more. About 30 ns a frame; for ordinary code and
// handlers.
[[gnu::noinline]] std::size_t capture_pcs(std::span<std::uintptr_t> out, std::size_t skip) noexcept;

}  // namespace gander::unwind
