// SPDX-License-Identifier: Apache-2.0
//
// Stacks: slots of address space, of which only what is touched costs memory.
//
// A slot is [guard | stack]: the guard is 64 KiB, since frames of 28 to 40 KB hop over a single
// page into the neighbour. Slots of one class (nearly a power of two) are cut from slabs and never
// returned to the system, only their pages are. A million slots need few mappings where guards are
// light (guard.h).
//
// Lock: one per pool, a leaf. Any thread, inside the runtime.
#pragma once

#include <cstddef>
#include <cstdint>

#include "stack/guard.h"

namespace gander::stack {

inline constexpr unsigned min_class = 17;  // log2 of the slot's size but for its odd page: 128 KiB
inline constexpr unsigned max_class = sizeof(void*) == 8 ? 36 : 29;
inline constexpr unsigned default_class = sizeof(void*) == 8 ? 18 : 17;

// The most that users may ask for: it lies in a slot of twice that.
inline constexpr std::size_t max_size = std::size_t{1} << (sizeof(void*) == 8 ? 30 : 28);

struct slot {
  std::uintptr_t low = 0;   // the guard's first byte; 0: none could be had
  std::uintptr_t high = 0;  // one past the last byte
};

// The smallest class whose slots hold `size` bytes of stack above the guard; 0 when there is none.
unsigned class_for(std::size_t size) noexcept;

// The odd page: at a distance of a power of two, the topmost pages of all stacks, where every
// switch looks, would compete for a few sets of the TLB.
inline constexpr std::size_t odd_page = 4096;

constexpr std::size_t slot_size(unsigned size_class) noexcept {
  return (std::size_t{1} << size_class) + odd_page;
}

// A fresh slot: never used before, zero.
slot allocate(unsigned size_class) noexcept;

// Gives back all pages of [low, high), which must lie above the guard of one slot.
void discard(std::uintptr_t low, std::uintptr_t high) noexcept;

// What a stack keeps below its used part when the rest is given back.
inline constexpr std::size_t kept_size = 8 * 4096;

// Whether the page below `address` occupies memory: asked of the lowest page that is kept, it tells
// that the stack was used deeper. (Code that skips pages without touching them, which only code
// compiled without stack probes does, may go unnoticed.)
bool uses_page_below(std::uintptr_t address) noexcept;

}  // namespace gander::stack
