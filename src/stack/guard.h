// SPDX-License-Identifier: Apache-2.0
//
// Guards of stacks: memory that faults on any access. Light ones cost no mapping; where the system
// refuses them, mprotect makes others, of two mappings each, of which a process may have only so
// many: half of them is left to the program. When a guard cannot be had, this is told once, and
// counted.
//
// Any thread, inside the runtime. No lock.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gander::stack {

inline constexpr std::size_t guard_size = 64 * 1024;

// At [low, low + guard_size), if it can be had.
void set_guard(std::uintptr_t low) noexcept;

// How many could not.
std::size_t guards_missing() noexcept;

}  // namespace gander::stack
