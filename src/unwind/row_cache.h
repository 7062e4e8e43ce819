// SPDX-License-Identifier: Apache-2.0
//
// The rows of call-frame information that are worth keeping, by pc: those of compiled functions,
// whose CFA is a register plus an offset and whose callee-saved registers lie below it. One table
// for the process, lock-free: any thread, any stack, also a signal handler that interrupted a
// writer.
//
// A slot is a seqlock of word-size atomics: even: stable; odd: being written. A writer that finds
// its slot odd, or loses the swap to odd, drops its row; a reader that sees a change misses. Nobody
// waits.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "arch/regs.h"
#include "unwind/cfi_row.h"

namespace gander::unwind {

// A row in few bytes. save[i] is the offset from the CFA of regs::saved_columns[i]; 0: same value,
// for the return address: undefined (nothing is ever saved at the CFA itself).
struct compact_row {
  std::int32_t cfa_offset = 0;
  std::uint8_t cfa_register = 0;
  std::uint8_t unused = 0;
  std::array<std::int16_t, regs::saved_columns.size()> save{};
  std::uint32_t generation = 0;
};
static_assert(sizeof(compact_row) <= 24 && sizeof(compact_row) % sizeof(std::uintptr_t) == 0);

// False if the row has anything that a compact row cannot say.
bool compact(const cfi_row& row, compact_row& out) noexcept;

bool find_cached_row(std::uintptr_t pc, compact_row& out) noexcept;
void cache_row(std::uintptr_t pc, compact_row row) noexcept;

// Forgets all rows, quick_walk's too: to be called when code was unloaded, since other code may
// come to its addresses.
void forget_cached_rows() noexcept;

// How often that was done: rows of an earlier generation are forgotten.
inline constinit std::atomic<std::uint32_t> row_generation{0};

}  // namespace gander::unwind
