// SPDX-License-Identifier: Apache-2.0
//
// amd64: the contract of arch/regs.h. DWARF columns (System V psABI, figure 3.36): 0 rax, 1 rdx, 2
// rcx, 3 rbx, 4 rsi, 5 rdi, 6 rbp, 7 rsp, 8-15 r8-r15, 16 the return address, which we use for rip.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "arch/x86/calls.h"

namespace gander {

inline constexpr const char* architecture_name = "amd64";  // Go's

struct regs {
  static constexpr unsigned column_count = 17;
  static constexpr unsigned fp_column = 6;
  static constexpr unsigned sp_column = 7;
  static constexpr unsigned pc_column = 16;

  // The columns that a row of call-frame information commonly restores, the pc last: the
  // callee-saved registers. Only rows that touch nothing else are worth caching.
  static constexpr std::array<std::uint8_t, 7> saved_columns{3, 6, 12, 13, 14, 15, 16};
  // Known in the caller without any rule; all others are clobbered by a call.
  static constexpr std::uint32_t preserved_mask =
      (1u << 3) | (1u << 6) | (1u << 12) | (1u << 13) | (1u << 14) | (1u << 15);

  std::array<std::uintptr_t, column_count> value{};
  std::uint32_t valid = 0;            // bit N: value[N] is known
  bool pc_is_return_address = false;  // pc stands behind a call; else at the next instruction
  bool jump_fault = false;            // the fault was the fetch of the instruction at pc

  std::uintptr_t pc() const noexcept { return value[pc_column]; }
  std::uintptr_t sp() const noexcept { return value[sp_column]; }
  std::uintptr_t fp() const noexcept { return value[fp_column]; }
  bool has(unsigned column) const noexcept {
    return column < column_count && (valid >> column & 1) != 0;
  }
  void set(unsigned column, std::uintptr_t v) noexcept {
    value[column] = v;
    valid |= 1u << column;
  }

  // The registers that a signal interrupted. `ucontext` is the handler's third argument.
  static regs from_ucontext(const void* ucontext) noexcept;
  // The registers of the calling function, its pc behind this call.
  static inline regs capture() noexcept;
  // A parked context: where it resumes and its sp; the callee-saved registers lie on its stack,
  // where the switch's call-frame information finds them. `pc` is exact, the next instruction to
  // run: &gander_resume for what arch.h calls a context.
  static regs parked(std::uintptr_t pc, std::uintptr_t sp) noexcept;
};

extern "C" void gander_capture_regs(regs* out) noexcept;  // fills value[]; capture.S

[[gnu::always_inline]] inline regs regs::capture() noexcept {
  regs r;
  gander_capture_regs(&r);
  r.valid = preserved_mask | (1u << sp_column) | (1u << pc_column);
  r.pc_is_return_address = true;
  return r;
}

// Go prints one line per register, its name padded to `register_name_width`.
struct named_register {
  const char* name;
  std::uintptr_t value;
};
inline constexpr std::size_t register_name_width = 7;
using register_dump = std::array<named_register, 21>;
register_dump dump_registers(const void* ucontext) noexcept;

// `unknown` where the signal was no page fault (a non-canonical address, say).
enum class fault_access { unknown, read, write, execute };
fault_access access_of_fault(const void* ucontext) noexcept;

// A load that may fault. It needs the signal handler to call recover_fault(); without one, a bad
// address ends the process as usual.
struct loaded_word {
  std::uintptr_t value;
  std::uintptr_t ok;  // 1: loaded
};
extern "C" loaded_word gander_safe_load(std::uintptr_t address) noexcept;

// For the SIGSEGV and SIGBUS handler: true if the fault was safe_load's; `ucontext` then resumes
// there with failure, and the handler must return.
bool recover_fault(void* ucontext) noexcept;

// A call that a signal handler puts into the code that it has interrupted, to throw from there. It
// lies on that code's stack while it lasts; fault_call.S knows the places of the first three.
struct fault_call {
  std::uintptr_t pc = 0;  // where an exception leaves the code: at the instruction, or within the
                          // call that led to what is no code
  std::uintptr_t sp = 0;  // of the code, there
  void (*body)(const fault_call&) = nullptr;  // does not return

  std::uintptr_t fault_pc = 0;
  std::uintptr_t address = 0;
  int signal_number = 0;
  int signal_code = 0;
};

// With pc, sp and fault_pc set. REQUIRES: the interrupted code's sp is good.
fault_call fault_call_at(const void* ucontext) noexcept;

// Of its stack; the call itself takes no more.
inline constexpr std::size_t fault_call_room = 256;

// The interrupted code goes on in `call`.body when the handler returns, as though the instruction
// had called it. Unwinders see an interrupted frame there, and know its pc to be exact.
// REQUIRES: fault_call_room bytes below the interrupted code's sp are its stack's.
void call_from_fault(void* ucontext, const fault_call& call) noexcept;

}  // namespace gander
