// SPDX-License-Identifier: Apache-2.0
//
// gander_call_from_fault: where code goes on whose fault is to be thrown as an exception. The
// signal handler has put at esp, which is aligned, what arch/386/regs.cc calls a fault_frame: the
// argument for the body, and behind it the fault_call (arch/regs.h). It has left all other
// registers as they were.
//
// To unwinders this is a signal frame, whose caller is the instruction that faulted: its pc is
// exact (a return address would be looked up one byte before), its sp and pc stand in the
// fault_call, and the registers that a call preserves are still its own. Those that a call does not
// preserve no handler of exceptions needs.

        .text
        .p2align 4
        .globl  gander_call_from_fault
        .hidden gander_call_from_fault
        .type   gander_call_from_fault, @function
        .cfi_startproc
        .cfi_signal_frame
        .cfi_escape 0x0f, 3, 0x74, 20, 0x06  // the CFA is the sp: DW_OP_breg4 20, DW_OP_deref
        .cfi_escape 0x10, 8, 2, 0x74, 16     // the pc is at:      DW_OP_breg4 16
        nop                                  // for those who look up pc - 1
gander_call_from_fault:
        // What code may rely on at a call: no direction, no x87 registers in use. An exception of
        // the x87 unit that is left pending would be raised again at its next instruction.
        cld
        fnclex
        emms
        calll   *24(%esp)
        ud2
        .cfi_endproc
        .size   gander_call_from_fault, . - gander_call_from_fault

        .section .note.GNU-stack, "", @progbits
