// SPDX-License-Identifier: Apache-2.0
//
// Runs a function instruction by instruction, on processors of the x86 family: the trap flag and a
// handler of SIGTRAP, which the program must not have a handler of its own for.
#pragma once

namespace injection {

// How many instructions f takes.
unsigned long count_steps(void (*f)());

// Faults at the given instruction of f.
void die_at_step(void (*f)(), unsigned long step);

}  // namespace injection
