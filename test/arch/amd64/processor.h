// SPDX-License-Identifier: Apache-2.0
//
// amd64: what tests know of the processor. Each port of src/arch has its own; the build chooses.
#pragma once

#include <ucontext.h>
#include <x86intrin.h>

#include <array>
#include <cstdint>

namespace gander::processor {

// As Go dumps them.
inline constexpr std::array registers{"rax", "rbx", "rcx", "rdx",    "rdi", "rsi", "rbp",
                                      "rsp", "r8",  "r9",  "r10",    "r11", "r12", "r13",
                                      "r14", "r15", "rip", "rflags", "cs",  "fs",  "gs"};
inline constexpr const char* pc_register = "rip";

// A program's address where nothing is.
inline constexpr std::uintptr_t wild_address = 0x1'2345'6000;
// No program's, the last word among them.
inline constexpr std::array<std::uintptr_t, 4> foreign_addresses{
    0x7fff'ffff'f000, 0x8000'0000'0000'0000, 0x8000'1234'5678'9000, 0xffff'ffff'ffff'f000};

// Reads where there is no address at all: the processor refuses it, and the kernel is not told of
// any.
inline int read_at_no_address() {
  return *reinterpret_cast<const volatile int*>(0x8000'1234'5678'9000);
}

// int f(int* from) { return *from; }, with a frame pointer.
inline constexpr unsigned char code_of_read[] = {0x55, 0x48, 0x89, 0xe5, 0x8b, 0x07, 0x5d, 0xc3};

// By the SSE unit, whichever unit the compiler divides by.
inline double divide(double a, double b) {
  return _mm_cvtsd_f64(_mm_div_sd(_mm_set_sd(a), _mm_set_sd(b)));
}

// Traps after each instruction from here on: SIGTRAP, until that is stopped, by a handler or not.
inline constexpr unsigned long trap_flag = 0x100;
inline void start_stepping() { __writeeflags(__readeflags() | trap_flag); }
inline void stop_stepping() { __writeeflags(__readeflags() & ~trap_flag); }
inline void stop_stepping(ucontext_t* interrupted) {
  interrupted->uc_mcontext.gregs[REG_EFL] &= ~static_cast<greg_t>(trap_flag);
}

}  // namespace gander::processor
