// SPDX-License-Identifier: Apache-2.0
//
// A word that a computing thread holds in one place only (held_words_test.cc), from *ready = 1
// until *go_on != 0. It comes in complemented, and goes back so.
//
//     uintptr_t f(uintptr_t complement, int* ready, const int* go_on)

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

    .section .note.GNU-stack, "", @progbits
