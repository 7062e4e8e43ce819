// SPDX-License-Identifier: Apache-2.0
//
// Runs a part of the report that may fault (it reads debug information from files that may be
// damaged) so that a fault loses this part and no more. Protocol:
//
//   1. recoverable(step) enters the calling thread into a fixed table and runs the step;
//   2. the handler of SIGSEGV, SIGBUS, SIGFPE and SIGILL asks recover_fault() first, then
//      step_recover(signal), before it takes the fault for the program's death;
//   3. step_recover() leaves the handler for the innermost step of this thread, which ends with
//      that signal; it returns, false, only if this thread runs no step.
//
// Some steps are *parts*, of which the report is made (part.h); they may consist of steps in turn.
// part_recover() leaves the handler for the innermost part.
//
// A step is left by siglongjmp, without destructors: it must own nothing that one would release,
// and nothing in it may throw. Any thread, any stack, also in a handler.
#pragma once

#include <cstdint>
#include <type_traits>

namespace gander::crash {

enum class recovery : std::uint8_t { step, part };

// Runs f(argument). Returns 0, or the signal that ended it.
int run_recoverable(void (*f)(void*), void* argument, recovery kind = recovery::step) noexcept;

// Only for a signal handler.
bool step_recover(int signal) noexcept;
bool part_recover(int signal) noexcept;

template <typename Step>
int recoverable(Step&& step) noexcept {
  using type = std::remove_reference_t<Step>;
  return run_recoverable([](void* s) { (*static_cast<type*>(s))(); }, &step);
}

}  // namespace gander::crash
