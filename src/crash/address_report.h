// SPDX-License-Identifier: Apache-2.0
//
// What an address is: the line of a report by which a reader knows a null pointer's member from an
// overflow, a freed stack or a wild pointer.
//
//     runtime: write to 0x10: 0x10 bytes into the null page
//     runtime: read from 0x7f…: unmapped, 0x80 bytes above 0x7e…-0x7f… rw-p [heap], and …
//
// Believes nothing that it reads. Async-signal-safe; needs 16 KiB of stack.
#pragma once

#include <cstdint>

#include "arch/regs.h"
#include "base/print.h"

namespace gander::crash {

// What it is, in the middle of a line.
void print_what_is_at(text_writer& out, std::uintptr_t address) noexcept;

// The line, with its end.
void print_address(text_writer& out, std::uintptr_t address, fault_access access) noexcept;

// The stack that an access at `address` by code with this sp has overflowed; none: it was none.
struct overflown_stack {
  std::uintptr_t low = 0;
  std::uintptr_t high = 0;
};
overflown_stack find_overflown_stack(std::uintptr_t address, std::uintptr_t sp) noexcept;

// For a fault whose address the processor does not tell: the registers that hold what can be no
// address, a line each.
void print_impossible_registers(text_writer& out, const register_dump& registers) noexcept;

}  // namespace gander::crash
