// SPDX-License-Identifier: Apache-2.0
//
// A word that a computing thread holds in one place only (held_words_test.cc), from *ready = 1
// until *go_on != 0. It comes in complemented, and goes back so.
//
//     uintptr_t f(uintptr_t complement, int* ready, const int* go_on)
//
// gander_test_hold_in_saved_registers is a list of these, up to a null pointer, one for each
// register that calls preserve. They call gander_test_allocate(ready, go_on) until it returns true.

    .text

    .macro BEGIN name
    .globl \name
    .hidden \name
    .type \name, @function
\name:
    notq %rdi
    .endm

    .macro WAIT
    xorl %edi, %edi
    movl $1, (%rsi)
1:  pause
    cmpl $0, (%rdx)
    je 1b
    .endm

    .macro RETURN_RAX
    notq %rax
    ret
    .endm

    // The upper half of an xmm register.
    BEGIN gander_test_hold_in_vector
    movq %rdi, %xmm7
    pslldq $8, %xmm7
    WAIT
    psrldq $8, %xmm7
    movq %xmm7, %rax
    pxor %xmm7, %xmm7
    RETURN_RAX

    // The upper half of a ymm register.
    BEGIN gander_test_hold_in_wide_vector
    vmovq %rdi, %xmm7
    vpslldq $8, %xmm7, %xmm7
    vpxor %xmm6, %xmm6, %xmm6
    vinsertf128 $1, %xmm7, %ymm6, %ymm6
    vpxor %xmm7, %xmm7, %xmm7
    WAIT
    vextractf128 $1, %ymm6, %xmm7
    vpsrldq $8, %xmm7, %xmm7
    vmovq %xmm7, %rax
    vzeroall
    RETURN_RAX

    // The lowest word of the red zone.
    BEGIN gander_test_hold_below_stack
    movq %rdi, -128(%rsp)
    WAIT
    movq -128(%rsp), %rax
    movq $0, -128(%rsp)
    RETURN_RAX

    .macro PUSH register
    pushq \register
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset \register, 0
    .endm

    .macro POP register
    popq \register
    .cfi_adjust_cfa_offset -8
    .cfi_restore \register
    .endm

    .macro HOLD_IN register
    .cfi_startproc
    PUSH %rbx
    PUSH %rbp
    PUSH %r12
    PUSH %r13
    PUSH %r14
    PUSH %r15
    subq $24, %rsp
    .cfi_adjust_cfa_offset 24
    movq %rsi, (%rsp)
    movq %rdx, 8(%rsp)
    notq %rdi
    movq %rdi, \register
2:  movq (%rsp), %rdi
    movq 8(%rsp), %rsi
    call gander_test_allocate
    testb %al, %al
    je 2b
    movq \register, %rax
    addq $24, %rsp
    .cfi_adjust_cfa_offset -24
    POP %r15
    POP %r14
    POP %r13
    POP %r12
    POP %rbp
    POP %rbx
    RETURN_RAX
    .cfi_endproc
    .endm

hold_in_rbx: HOLD_IN %rbx
hold_in_rbp: HOLD_IN %rbp
hold_in_r12: HOLD_IN %r12
hold_in_r13: HOLD_IN %r13
hold_in_r14: HOLD_IN %r14
hold_in_r15: HOLD_IN %r15

    .section .data.rel.ro.local, "aw", @progbits
    .balign 8
    .globl gander_test_hold_in_saved_registers
    .hidden gander_test_hold_in_saved_registers
gander_test_hold_in_saved_registers:
    .quad hold_in_rbx, hold_in_rbp, hold_in_r12, hold_in_r13, hold_in_r14, hold_in_r15, 0

    .section .note.GNU-stack, "", @progbits
