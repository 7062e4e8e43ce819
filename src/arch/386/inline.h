// SPDX-License-Identifier: Apache-2.0
//
// 386: the parts of arch.h that must not cost a call.
#pragma once

#include <cstdint>

#include "arch/x86/valgrind.h"

extern "C" {
// See switch.S. Fixed while the program runs.
extern const std::intptr_t gander_current_m_offset [[gnu::visibility("hidden")]];
// The caller's, right behind the call; see capture.S.
[[gnu::visibility("hidden")]] void gander_capture_frame(gander::arch::frame* out) noexcept;
}

namespace gander::arch {

// Of a processor with SSE, so from the Pentium III on.
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

// Not prefetchw, which old processors refuse. The empty statement, for GCC drops calls of functions
// that only prefetch.
inline void prefetch_for_write(const void* address) noexcept {
  asm volatile("" : : "r"(address));
  __builtin_prefetch(address, 1);
}

// The return address lies above four saved registers (see switch.S).
inline std::uintptr_t context_pc(const void* sp) noexcept {
  return static_cast<const std::uintptr_t*>(sp)[4];
}

inline frame caller_of_context(const void* sp) noexcept {
  const auto* const words = static_cast<const std::uintptr_t*>(sp);
  return {words[4], reinterpret_cast<std::uintptr_t>(words + 5), words[3]};
}

// A call, for only a call tells where it is.
[[gnu::always_inline]] inline frame here() noexcept {
  frame f;
  gander_capture_frame(&f);
  return f;
}

// Reads a pointer-sized initial-exec thread-local. Volatile, and not a function the compiler knows
// anything about: a goroutine resumes on another thread, so the result of an earlier read must
// never be reused, and `noinline` does not stop GCC and Clang from doing just that. The thread's
// base is read anew with each use of gs; the place from there is the same on all threads, so the
// compiler may keep it.
#define GANDER_LOAD_TLS(symbol, result) \
  asm volatile("movl %%gs:(%1), %0" : "=r"(result) : "r"(symbol##_offset))

}  // namespace gander::arch
