// SPDX-License-Identifier: Apache-2.0
//
// For tests only: the smallest switch between two stacks, with exact call-frame information.
//
// gander_test_run_on(void* top, void (*f)(), void** sp): runs f on the stack that ends at `top`;
//   its outermost frame is marked by an undefined return address; sp[0] keeps the old stack. f must
//   not return.
// gander_test_switch(void** from, void** to): parks on *from, resumes what is parked on *to. The pc
//   of a parked context is gander_test_parked_pc; its stack, from sp upwards:
//   r15 r14 r13 r12 rbx rbp, return address.

        .text
        .p2align 4
        .globl  gander_test_switch
        .type   gander_test_switch, @function
        .globl  gander_test_parked_pc
gander_test_switch:
        .cfi_startproc
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbp, 0
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r14, 0
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r15, 0
        movq    %rsp, (%rdi)
        movq    (%rsi), %rsp
gander_test_parked_pc:
        popq    %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r15
        popq    %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r14
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r13
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbp
        ret
        .cfi_endproc
        .size   gander_test_switch, . - gander_test_switch

        .p2align 4
        .globl  gander_test_run_on
        .type   gander_test_run_on, @function
gander_test_run_on:
        .cfi_startproc
        leaq    .Lentry(%rip), %rcx
        movq    %rcx, -24(%rdi)         # return address; aligns sp for the call
        movq    $0, -32(%rdi)           # rbp: ends chains of frame pointers as well
        movq    %rsi, -40(%rdi)         # rbx: f
        leaq    -72(%rdi), %rax
        movq    %rax, 8(%rdx)
        movq    %rdx, %rdi
        leaq    8(%rdx), %rsi
        jmp     gander_test_switch
        .cfi_endproc
        .size   gander_test_run_on, . - gander_test_run_on

        .type   gander_test_entry, @function
gander_test_entry:
        .cfi_startproc
        .cfi_undefined %rip
        nop                             # a return address points behind a call: pc - 1 is ours
.Lentry:
        callq   *%rbx
        ud2
        .cfi_endproc
        .size   gander_test_entry, . - gander_test_entry

        .section .note.GNU-stack, "", @progbits
