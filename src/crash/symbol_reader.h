// SPDX-License-Identifier: Apache-2.0
//
// Reads the debug information of one module at a time through libbacktrace: the part of the
// symbolizer that may fault, and that only one thread at a time may be in. Called by symbolizer.cc
// alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "crash/module_table.h"

namespace gander::crash {

struct raw_frame {
  const char* function = nullptr;
  const char* file = nullptr;
  int line = 0;
};

// What the module's tables say about one pc; the strings stay.
struct raw_symbols {
  static constexpr std::size_t capacity = 48;  // deeper inlining is cut in the middle
  std::array<raw_frame, capacity> frames{};    // innermost first
  std::size_t count = 0;
  const char* symbol = nullptr;  // of the symbol table
  std::uintptr_t symbol_value = 0;
};

// False, and nothing found, if the module has no file, or one that made us fault before.
bool read_symbols(const module& m, std::uintptr_t pc, raw_symbols& out) noexcept;

// Drops what was read, faults included; the next call reads the files again.
void abandon_symbol_readers() noexcept;

}  // namespace gander::crash
