// SPDX-License-Identifier: Apache-2.0
//
// The registers of one point of execution, as an unwinder sees them: indexed by DWARF column, with
// a mask of those whose value is known. This header is the one place that chooses an architecture;
// a port provides arch/NAME/regs.h with
//   architecture_name            Go's word for it
//   struct regs                  value[], valid, column constants, from_ucontext(), capture()
//   dump_registers(ucontext)     names and values in the order of Go's register dump
//   access_of_fault(ucontext)    what the faulting instruction tried to do
//   safe_load(address)           a load that survives a fault; recover_fault(ucontext) for the
//   handler
//   ends_with_call(bytes)        whether what follows them may be a return address
//   call_from_fault(ucontext)    a handler's exception: a call out of the instruction that faulted
//
// All of it is async-signal-safe, on any stack.
#pragma once

#if defined(__x86_64__)
#include "arch/amd64/regs.h"
#elif defined(__i386__)
#include "arch/386/regs.h"
#else
#error "gander: no src/arch port for this architecture"
#endif
