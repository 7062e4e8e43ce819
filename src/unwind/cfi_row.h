// SPDX-License-Identifier: Apache-2.0
//
// One row of the table that call-frame information describes: how to find, at one pc, the canonical
// frame address (CFA) and the caller's registers. compute_row() runs the CIE's and the FDE's
// programs up to that pc. Any thread, any stack; about 3 KiB of it.
#pragma once

#include <array>
#include <cstdint>

#include "arch/regs.h"
#include "unwind/dwarf_expression.h"
#include "unwind/fde.h"
#include "unwind/memory_reader.h"

namespace gander::unwind {

enum class rule_kind : std::uint8_t {
  unspecified,  // the ABI's default: same value if a call preserves it
  undefined,    // no value; for the return address: the end of the stack
  same_value,
  saved_at,        // at CFA + value
  cfa_plus,        // is CFA + value
  in_register,     // in register `value`
  expression,      // at the address that the expression at `value` gives
  val_expression,  // is what the expression at `value` gives
};

struct register_rule {
  rule_kind kind = rule_kind::unspecified;
  std::intptr_t value = 0;
};

struct cfi_row {
  bool cfa_is_expression = false;
  std::uint32_t cfa_register = 0;
  std::intptr_t cfa_value = 0;  // offset, or address of the expression
  bool signal_frame = false;
  std::uintptr_t expressions_end = 0;  // limit of the module that the expressions stand in
  std::array<register_rule, regs::column_count> rules{};
};

bool compute_row(std::uintptr_t pc, memory_reader& reader, cfi_row& out) noexcept;

}  // namespace gander::unwind
