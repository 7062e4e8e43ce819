// SPDX-License-Identifier: Apache-2.0
//
// gander_call_from_fault: where code goes on whose fault is to be thrown as an exception. The
// signal handler has put a fault_call (arch/regs.h) at rsp, which is aligned and below the red
// zone, and has left all other registers as they were.
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
        .cfi_escape 0x0f, 3, 0x77, 8, 0x06   // the CFA is the sp: DW_OP_breg7 8, DW_OP_deref
        .cfi_escape 0x10, 16, 2, 0x77, 0     // the pc is at:      DW_OP_breg7 0
        nop                                  // for those who look up pc - 1
gander_call_from_fault:
        // What code may rely on at a call: no direction, no x87 registers in use. An exception of
        // the x87 unit that is left pending would be raised again at its next instruction.
        cld
        fnclex
        emms
        movq    %rsp, %rdi
        callq   *16(%rdi)
        ud2
        .cfi_endproc
        .size   gander_call_from_fault, . - gander_call_from_fault

        .section .note.GNU-stack, "", @progbits
