// SPDX-License-Identifier: Apache-2.0
//
// Faults that are thrown: debug::set_panic_on_fault(). The handler of the signal does not throw; it
// makes the code that it has interrupted do so when it returns (call_from_fault), so the mask of
// signals and the signal stack are as they were, and the unwinding is an ordinary one. Only for
// signal handlers.
//
// A fault is thrown if it is one of a goroutine's own code, and the goroutine wants it:
//   - an instruction raised it: no kill(), no hardware that has lost memory that nobody reads;
//   - the code runs on the goroutine's stack, and the fault is not that stack's overflow;
//   - it is not inside the border: the runtime could hold any of its locks;
//   - it is not the code of a library that knows nothing of such exceptions, and whose locks would
//     stay held: malloc, stdio, the loader, the unwinder;
//   - nobody is dying.
// What is thrown, and not caught, ends in terminate.cc, as all exceptions.
#pragma once

#include <csignal>

namespace gander::crash {

// True: the handler must return, and the fault is thrown.
bool throws_fault(int number, const siginfo_t& info, void* ucontext) noexcept;

}  // namespace gander::crash
