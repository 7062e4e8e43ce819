// SPDX-License-Identifier: Apache-2.0
//
// Evaluates a DWARF expression of call-frame information: PLT stubs, the kernel's signal frame, the
// vdso and stack switches need them. Bounded in steps and stack; knows every operation that such an
// expression may hold and fails on the others. Any thread, any stack.
#pragma once

#include <cstdint>

#include "arch/regs.h"
#include "unwind/memory_reader.h"

namespace gander::unwind {

// Where an expression stands: a ULEB length, then its bytes.
struct expression_block {
  std::uintptr_t at = 0;
  std::uintptr_t limit = 0;  // the end of the module that holds it
};

// With `initial`, evaluation starts with it on the stack (the CFA, for a register's expression).
bool evaluate(expression_block block, const regs& r, memory_reader& reader,
              const std::uintptr_t* initial, std::uintptr_t& result) noexcept;

}  // namespace gander::unwind
