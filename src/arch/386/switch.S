// SPDX-License-Identifier: Apache-2.0
//
// 386: saving and resuming contexts. What a saved context looks like, growing downwards:
//
//     sp + 16   return address into the code that called gander_mcall or gander_enter_g0
//     sp + 12   ebp
//     sp +  8   ebx
//     sp +  4   esi
//     sp +  0   edi
//
// All arguments are passed on the stack, as everywhere on 386, and a function that has more of them
// than its caller cannot be jumped to. So what lies between gander_mcall and gander_gogo (see
// arch.h) are calls, and the return of gander_gogo is not predicted. (Registers would do, but every
// declaration of such a function would have to say so.) mxcsr and the x87 control word are not
// here: sched/context.cc keeps them, and loads them only when they differ.

    .text

    .macro PUSH_REG reg
    pushl \reg
    .cfi_adjust_cfa_offset 4
    .cfi_rel_offset \reg, 0
    .endm

    .macro SAVE_REGS
    PUSH_REG %ebp
    PUSH_REG %ebx
    PUSH_REG %esi
    PUSH_REG %edi
    .endm

    .macro POP_REG reg
    popl \reg
    .cfi_adjust_cfa_offset -4
    .cfi_restore \reg
    .endm

    .set saved, 4*4  // between sp and the return address, once SAVE_REGS has run

// void gander_mcall(void** save_sp, void (*body)(void*), void* argument, void* stack_top)
    .globl gander_mcall
    .hidden gander_mcall
    .type gander_mcall, @function
    .p2align 4
gander_mcall:
    .cfi_startproc
    SAVE_REGS
    movl saved+4(%esp), %eax
    movl saved+8(%esp), %edx
    movl saved+12(%esp), %ecx
    movl saved+16(%esp), %ebx
    movl %esp, (%eax)
    movl %ebx, %esp
    // From here on this is another stack, and the saved context may already run on another thread:
    // nothing below may be walked.
    .cfi_undefined %eip
    andl $-16, %esp
    subl $12, %esp
    pushl %ecx  // body's argument, at a multiple of 16
    pushl $0    // body's return address: the end for every unwinder
    xorl %ebp, %ebp
    jmpl *%edx
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
    movl saved+4(%esp), %eax
    movl saved+8(%esp), %edx
    movl saved+12(%esp), %ecx
    movl %esp, (%eax)
    subl $8, %esp
    .cfi_adjust_cfa_offset 8
    pushl %ecx
    .cfi_adjust_cfa_offset 4
    calll *%edx
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
    movl 4(%esp), %esp
gander_resume:
    .cfi_def_cfa %esp, 20
    .cfi_rel_offset %edi, 0
    .cfi_rel_offset %esi, 4
    .cfi_rel_offset %ebx, 8
    .cfi_rel_offset %ebp, 12
    POP_REG %edi
    POP_REG %esi
    POP_REG %ebx
    POP_REG %ebp
    ret
    .cfi_endproc
    .size gander_gogo, . - gander_gogo
    .size gander_resume, 1

// The bottom frame of every goroutine: body in ebx, its argument on top of the stack. An undefined
// eip stops every unwinder here. The `nop` keeps pc-1 of a caller's lookup inside this function.
    .globl gander_goroutine_entry
    .hidden gander_goroutine_entry
    .type gander_goroutine_entry, @function
    .p2align 4
    .cfi_startproc
    .cfi_undefined %eip
    nop
gander_goroutine_entry:
    calll *%ebx
    ud2
    .cfi_endproc
    .size gander_goroutine_entry, . - gander_goroutine_entry

// Where the current M's thread-local stands from a thread's base on: the entry of the global offset
// table that the linker would make for it, in a place that code reaches without that table's
// address in a register (see GANDER_LOAD_TLS).
    .section .data.rel.ro, "aw"
    .globl gander_current_m_offset
    .hidden gander_current_m_offset
    .type gander_current_m_offset, @object
    .p2align 2
gander_current_m_offset:
    .long gander_current_m@ntpoff
    .size gander_current_m_offset, 4

    .section .note.GNU-stack, "", @progbits
