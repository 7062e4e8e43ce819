// SPDX-License-Identifier: Apache-2.0
//
// 386: what tests know of the processor. Each port of src/arch has its own; the build chooses.
#pragma once

#include <ucontext.h>
#include <x86intrin.h>

#include <array>
#include <cstdint>

namespace gander::processor {

// As Go dumps them.
inline constexpr std::array registers{"eax", "ebx", "ecx",    "edx", "edi", "esi", "ebp",
                                      "esp", "eip", "eflags", "cs",  "fs",  "gs"};
inline constexpr const char* pc_register = "eip";

// A program's address where nothing is.
inline constexpr std::uintptr_t wild_address = 0x2345'6000;
// No program's, the last word among them.
inline constexpr std::array<std::uintptr_t, 3> foreign_addresses{0xffff'e000, 0xffff'f000,
                                                                 0xffff'fffe};

// Reads where there is no address at all: the processor refuses it, and the kernel is not told of
// any. (In a segment that does not exist.)
inline int read_at_no_address() {
  int value;
  asm volatile("movl %%fs:0, %0" : "=r"(value));
  return value;
}

// int f(int* from) { return *from; }, with a frame pointer.
inline constexpr unsigned char code_of_read[] = {0x55, 0x89, 0xe5, 0x8b, 0x45,
                                                 0x08, 0x8b, 0x00, 0x5d, 0xc3};

// By the SSE unit, whichever unit the compiler divides by.
[[gnu::target("sse2")]] inline double divide(double a, double b) {
  return _mm_cvtsd_f64(_mm_div_sd(_mm_set_sd(a), _mm_set_sd(b)));
}

// Traps after each instruction from here on: SIGTRAP, until that is stopped, by a handler or not.
inline constexpr unsigned trap_flag = 0x100;
inline void start_stepping() { __writeeflags(__readeflags() | trap_flag); }
inline void stop_stepping() { __writeeflags(__readeflags() & ~trap_flag); }
inline void stop_stepping(ucontext_t* interrupted) {
  interrupted->uc_mcontext.gregs[REG_EFL] &= ~static_cast<greg_t>(trap_flag);
}

}  // namespace gander::processor
