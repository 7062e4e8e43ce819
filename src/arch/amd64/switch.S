// SPDX-License-Identifier: Apache-2.0
//
// amd64: saving and resuming contexts. What a saved context looks like, growing downwards:
//
//     sp + 48   return address into the code that called gander_mcall or gander_enter_g0
//     sp + 40   rbp
//     sp + 32   rbx
//     sp + 24   r12
//     sp + 16   r13
//     sp +  8   r14
//     sp +  0   r15
//
// Between gander_mcall and the `ret` of gander_gogo lie only jumps (see arch.h), so the return is
// predicted: to the code behind the call of gander_mcall. mxcsr and the x87 control word are not
// here: sched/context.cc keeps them, and loads them only when they differ.

    .text

    .macro PUSH_REG reg
    pushq \reg
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset \reg, 0
    .endm

    .macro SAVE_REGS
    PUSH_REG %rbp
    PUSH_REG %rbx
    PUSH_REG %r12
    PUSH_REG %r13
    PUSH_REG %r14
    PUSH_REG %r15
    .endm

    .macro POP_REG reg
    popq \reg
    .cfi_adjust_cfa_offset -8
    .cfi_restore \reg
    .endm

// void gander_mcall(void** save_sp, void (*body)(void*), void* argument, void* stack_top)
    .globl gander_mcall
    .hidden gander_mcall
    .type gander_mcall, @function
    .p2align 4
gander_mcall:
    .cfi_startproc
    SAVE_REGS
    movq %rsp, (%rdi)
    movq %rcx, %rsp
    // From here on this is another stack, and the saved context may already run on another thread:
    // nothing below may be walked.
    .cfi_undefined %rip
    pushq $0    // body's return address: the end for every unwinder
    xorl %ebp, %ebp
    movq %rdx, %rdi
    jmpq *%rsi
    .cfi_endproc
    .size gander_mcall, . - gander_mcall

// void gander_enter_g0(void** save_sp, void (*body)(void*), void* argument)
    .globl gander_enter_g0
    .hidden gander_enter_g0
    .type gander_enter_g0, @function
    .p2align 4
gander_enter_g0:
    .cfi_startproc
    SAVE_REGS
    movq %rsp, (%rdi)
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    movq %rdx, %rdi
    callq *%rsi
    ud2
    .cfi_endproc
    .size gander_enter_g0, . - gander_enter_g0

// void gander_gogo(void* sp)
    .globl gander_gogo
    .hidden gander_gogo
    .globl gander_resume
    .hidden gander_resume
    .type gander_gogo, @function
    .type gander_resume, @function
    .p2align 4
gander_gogo:
    .cfi_startproc
    movq %rdi, %rsp
gander_resume:
    .cfi_def_cfa %rsp, 56
    .cfi_rel_offset %r15, 0
    .cfi_rel_offset %r14, 8
    .cfi_rel_offset %r13, 16
    .cfi_rel_offset %r12, 24
    .cfi_rel_offset %rbx, 32
    .cfi_rel_offset %rbp, 40
    POP_REG %r15
    POP_REG %r14
    POP_REG %r13
    POP_REG %r12
    POP_REG %rbx
    POP_REG %rbp
    ret
    .cfi_endproc
    .size gander_gogo, . - gander_gogo
    .size gander_resume, 1

// The bottom frame of every goroutine: body in rbx, its argument in r12. A return address of 0 and
// an undefined rip stop every unwinder here. The `nop` keeps pc-1 of a caller's lookup inside this
// function.
    .globl gander_goroutine_entry
    .hidden gander_goroutine_entry
    .type gander_goroutine_entry, @function
    .p2align 4
    .cfi_startproc
    .cfi_undefined %rip
    nop
gander_goroutine_entry:
    movq %r12, %rdi
    callq *%rbx
    ud2
    .cfi_endproc
    .size gander_goroutine_entry, . - gander_goroutine_entry

    .section .note.GNU-stack, "", @progbits
