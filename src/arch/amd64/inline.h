// SPDX-License-Identifier: Apache-2.0
//
// amd64: the parts of arch.h that must not cost a call.
#pragma once

#include <cstdint>

#include "arch/x86/valgrind.h"

namespace gander::arch {

struct fp_control {
  std::uint32_t mxcsr = 0x1f80;
  std::uint16_t x87_control = 0x037f;
  bool operator==(const fp_control&) const = default;
};

inline void save_fp_control(fp_control& to) noexcept {
  asm volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(to.mxcsr), "=m"(to.x87_control));
}

// Field by field: one load of both right behind the two stores of save_fp_control() would have to
// wait for them to reach the cache, 4 ns.
inline void copy(fp_control& to, const fp_control& from) noexcept {
  to.mxcsr = from.mxcsr;
  asm volatile("" : : : "memory");
  to.x87_control = from.x87_control;
}

inline fp_control read_fp_control() noexcept {
  fp_control control;
  save_fp_control(control);
  return control;
}

inline void load_fp_control(const fp_control& control) noexcept {
  asm volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(control.mxcsr), "m"(control.x87_control));
}

// May be carried out a little early or late: nothing is ordered by it.
inline std::uint64_t read_cycles() noexcept { return __builtin_ia32_rdtsc(); }

inline void pause() noexcept { asm volatile("pause"); }

// The compiler's own, without an option for newer processors, would only ask for a copy. Those that
// do not know the instruction take it for none.
inline void prefetch_for_write(const void* address) noexcept {
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(address)));
}

// The return address lies above six saved registers (see switch.S).
inline std::uintptr_t context_pc(const void* sp) noexcept {
  return static_cast<const std::uintptr_t*>(sp)[6];
}

inline frame caller_of_context(const void* sp) noexcept {
  const auto* const words = static_cast<const std::uintptr_t*>(sp);
  return {words[6], reinterpret_cast<std::uintptr_t>(words + 7), words[5]};
}

// Inlined: a walk that costs a few nanoseconds a frame begins with it. fp first: the compiler may
// have chosen it for one of the results.
[[gnu::always_inline]] inline frame here() noexcept {
  frame f;
  asm volatile("movq %%rbp, %2\n\tmovq %%rsp, %1\n\tleaq 0(%%rip), %0"
               : "=r"(f.pc), "=r"(f.sp), "=r"(f.fp));
  return f;
}

// Reads a pointer-sized initial-exec thread-local. Volatile, and not a function the compiler knows
// anything about: a goroutine resumes on another thread, so the result of an earlier read must
// never be reused, and `noinline` does not stop GCC and Clang from doing just that.
#define GANDER_LOAD_TLS(symbol, result) \
  asm volatile("movq " #symbol "@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(result))

}  // namespace gander::arch
