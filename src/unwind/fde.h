// SPDX-License-Identifier: Apache-2.0
//
// Finds the call-frame information of a code address: its frame description entry (FDE) and the
// common one (CIE) it refers to, in the module's .eh_frame, by the sorted table of .eh_frame_hdr.
// No lock, no memory, nothing believed: every read is bounded by the module. Any thread, any stack.
#pragma once

#include <cstdint>

#include "unwind/memory_reader.h"

namespace gander::unwind {

struct fde {
  std::uintptr_t pc_begin = 0;  // the function, or the part of it, that holds the pc
  std::uintptr_t pc_end = 0;
  std::uintptr_t program = 0;  // instructions of this FDE, and of its CIE, which come first
  std::uintptr_t program_end = 0;
  std::uintptr_t cie_program = 0;
  std::uintptr_t cie_program_end = 0;
  std::uintptr_t code_align = 1;
  std::intptr_t data_align = 1;
  std::uintptr_t return_column = 0;
  std::uint8_t pointer_encoding = 0;
  bool augmented = false;
  bool signal_frame = false;  // the caller was interrupted, its pc is exact
  std::uintptr_t module_begin = 0;
  std::uintptr_t module_end = 0;
};

bool find_fde(std::uintptr_t pc, memory_reader& reader, fde& out) noexcept;

// Reads a pointer in one of DW_EH_PE_'s encodings; `data_base` is what datarel is relative to.
class byte_cursor;
std::uintptr_t take_encoded(byte_cursor& from, std::uint8_t encoding, std::uintptr_t data_base,
                            memory_reader& reader) noexcept;

}  // namespace gander::unwind
