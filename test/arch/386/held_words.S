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

    .macro PUSH register
    pushl \register
    .cfi_adjust_cfa_offset 4
    .cfi_rel_offset \register, 0
    .endm

    .macro POP register
    popl \register
    .cfi_adjust_cfa_offset -4
    .cfi_restore \register
    .endm

    // Behind 4 registers, the arguments of the call, and its caller's return address.
    .macro HOLD_IN register
    .cfi_startproc
    PUSH %ebx
    PUSH %esi
    PUSH %edi
    PUSH %ebp
    subl $12, %esp
    .cfi_adjust_cfa_offset 12
    movl 32(%esp), %eax
    movl 36(%esp), %ecx
    movl 40(%esp), %edx
    movl %ecx, (%esp)
    movl %edx, 4(%esp)
    notl %eax
    movl %eax, \register
2:  call gander_test_allocate
    testb %al, %al
    je 2b
    movl \register, %eax
    addl $12, %esp
    .cfi_adjust_cfa_offset -12
    POP %ebp
    POP %edi
    POP %esi
    POP %ebx
    RETURN_EAX
    .cfi_endproc
    .endm

hold_in_ebx: HOLD_IN %ebx
hold_in_esi: HOLD_IN %esi
hold_in_edi: HOLD_IN %edi
hold_in_ebp: HOLD_IN %ebp

    .section .data.rel.ro.local, "aw", @progbits
    .balign 4
    .globl gander_test_hold_in_saved_registers
    .hidden gander_test_hold_in_saved_registers
gander_test_hold_in_saved_registers:
    .long hold_in_ebx, hold_in_esi, hold_in_edi, hold_in_ebp, 0

    .section .note.GNU-stack, "", @progbits
