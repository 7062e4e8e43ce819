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
    movl 4(%esp), %eax
    movl 8(%esp), %ecx
    movl 12(%esp), %edx
    notl %eax
    .endm

    .macro WAIT
    xorl %eax, %eax
    movl $1, (%ecx)
1:  pause
    cmpl $0, (%edx)
    je 1b
    .endm

    .macro RETURN_EAX
    notl %eax
    ret
    .endm

    // The upper half of an xmm register.
    BEGIN gander_test_hold_in_vector
    movd %eax, %xmm7
    pslldq $12, %xmm7
    WAIT
    psrldq $12, %xmm7
    movd %xmm7, %eax
    pxor %xmm7, %xmm7
    RETURN_EAX

    // The upper half of a ymm register.
    BEGIN gander_test_hold_in_wide_vector
    vmovd %eax, %xmm7
    vpslldq $12, %xmm7, %xmm7
    vpxor %xmm6, %xmm6, %xmm6
    vinsertf128 $1, %xmm7, %ymm6, %ymm6
    vpxor %xmm7, %xmm7, %xmm7
    WAIT
    vextractf128 $1, %ymm6, %xmm7
    vpsrldq $12, %xmm7, %xmm7
    vmovd %xmm7, %eax
    vzeroall
    RETURN_EAX

    // There is no red zone: the word at the stack pointer.
    BEGIN gander_test_hold_below_stack
    pushl %eax
    WAIT
    popl %eax
    movl $0, -4(%esp)
    RETURN_EAX

    .section .note.GNU-stack, "", @progbits
