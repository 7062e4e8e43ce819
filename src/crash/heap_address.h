// SPDX-License-Identifier: Apache-2.0
//
// What an address of the collected heap is: in the middle of a line of a report.
//
//     the collected heap, 0x8 bytes into an object of node (48 bytes at 0x…), allocated by
//         goroutine 7 at tree.cc:12 (grow), called from main.cc:30 (main)
//     the collected heap, 0x0 bytes into a freed object of node (48 bytes at 0x…), freed in
//         collection 12, allocated by …
// (each on one line). Where it was allocated is known of some objects: heap/sites.h.
//
// Believes nothing that it reads. Async-signal-safe; the rules of symbolizer.h hold.
#pragma once

#include <cstdint>

#include "arch/regs.h"
#include "base/print.h"

namespace gander::crash {

// False when it is none of the collected heap's.
bool print_heap_address(text_writer& out, std::uintptr_t address) noexcept;

// For a fault: the registers that point into objects that are gone, a line each, but those that
// hold `told`.
void print_freed_in_registers(text_writer& out, const register_dump& registers,
                              std::uintptr_t told) noexcept;

// For a report of the collector's: what the bad pointer that it has found was, and what the object
// is that holds it, a line each. Nothing where there is none.
void print_bad_pointer(text_writer& out) noexcept;

}  // namespace gander::crash
