// SPDX-License-Identifier: Apache-2.0
//
// The stacks on which signal handlers run: a thread's own may be what has overflowed.
#pragma once

#include <cstddef>

#include "sched/m.h"

namespace gander::crash {

// What a handler of ours needs, and what the kernel puts below it: that grows with the vector
// registers. A whole number of pages. [signal]
std::size_t signal_stack_size() noexcept;

// The lowest address of a new one, below which there is a guard; nullptr when there is no memory.
char* new_signal_stack() noexcept;

void free_signal_stack(char* lowest) noexcept;

// Gives the calling thread, which M m binds, a stack for signals, or takes it away. Keeps one that
// is there.
void signal_stack(M* m, bool starts) noexcept;

// Where the calling thread's handlers run from now on. REQUIRES: not in a handler that runs on its
// signal stack. [signal]
void use_signal_stack(char* lowest) noexcept;

// The calling thread gives up this one, which it may have replaced by its own meanwhile.
void release_signal_stack(char* lowest) noexcept;

}  // namespace gander::crash
