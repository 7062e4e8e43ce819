// SPDX-License-Identifier: Apache-2.0
//
// The contract of a processor port: switching stacks, reading the current M, and the control words
// that travel with a goroutine. One folder per architecture implements it (arch/amd64/…).
//
// A *context* is the saved stack pointer of code that is not running; everything else of it lies on
// its stack in the layout that the port's switch.S draws. The call-frame information there is exact
// at every instruction, so any unwinder walks a parked context, and a signal in the middle of a
// switch.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

// Saves the caller's context in *save_sp and runs body(argument) on the stack that ends at
// `stack_top`. body never returns: it resumes some context. Returns when *save_sp is resumed.
//
// Processors predict returns by a stack of their own. gander_mcall and what leads from there to
// gander_gogo are therefore jumps, which leave it alone, and gander_gogo is a return: to the code
// behind this call, as predicted. So all of them are called in tail position, `return f(…);`, and
// none is [[noreturn]], which keeps compilers from making jumps of such calls. (Where arguments are
// passed on the stack most remain calls: slower, and as right.)
void gander_mcall(void** save_sp, void (*body)(void*), void* argument, void* stack_top);

// Saves the caller's context in *save_sp and goes on in body(argument) on the same stack; returns
// when *save_sp is resumed. This is how a thread's own stack becomes the stack of its g0.
void gander_enter_g0(void** save_sp, void (*body)(void*), void* argument);

// Continues a saved context. The caller's own is lost: this does not return.
void gander_gogo(void* sp) noexcept;

// The first instruction of every resumed context: the pc to unwind a saved context from.
void gander_resume();
}

namespace gander::arch {

// A context that will call body(argument) on a fresh stack ending at `stack_top`. body never
// returns.
void* make_context(void* stack_top, void (*body)(void*), void* argument) noexcept;

// The return address of a context made by gander_mcall: where the parked code called the runtime.
std::uintptr_t context_pc(const void* sp) noexcept;

// The registers of one frame that compiled code is left by. `pc` stands behind the instruction that
// the frame is at: a return address, say.
struct frame {
  std::uintptr_t pc;
  std::uintptr_t sp;
  std::uintptr_t fp;
};

// The calling function's, there.
frame here() noexcept;

// Of the code that called gander_mcall or gander_enter_g0; of a context made by make_context, the
// entry's.
frame caller_of_context(const void* sp) noexcept;

// Rounding, exception masks and the like: kept for each goroutine.
struct fp_control;
void save_fp_control(fp_control& to) noexcept;
fp_control read_fp_control() noexcept;
void copy(fp_control& to, const fp_control& from) noexcept;
void load_fp_control(const fp_control&) noexcept;

// Whether the instruction before `pc` enters the kernel, or the one there, which the kernel will
// make anew: code interrupted there is in a system call. [signal]
bool follows_system_call(std::uintptr_t pc) noexcept;

// The processor's cycle counter; see os::cycles_are_time().
std::uint64_t read_cycles() noexcept;

// Tells the processor that this is a spinning loop.
void pause() noexcept;

// The cache line at `address`, where anything may lie, will be written: another processor that has
// it gives it up meanwhile, not when the first store waits for it.
void prefetch_for_write(const void* address) noexcept;

// Tells valgrind, where the program runs under it, that [low, high) is a stack; else it takes a
// switch to one for the growth of a huge frame. Elsewhere nothing: a few instructions.
void announce_stack(std::uintptr_t low, std::uintptr_t high) noexcept;

// The same of memory on a stack that nobody runs on: what lies below the deepest frame that was
// left there is nobody's for valgrind.
void announce_memory(const void* begin, std::size_t bytes) noexcept;

}  // namespace gander::arch

#if defined(__x86_64__)
#include "arch/amd64/inline.h"
#elif defined(__i386__)
#include "arch/386/inline.h"
#endif
