// SPDX-License-Identifier: Apache-2.0
//
// gander_capture_regs(regs* out): the caller's registers as they are right behind the call, at
// out->value[DWARF column]. Only what a call preserves is stored; the caller cannot know the rest.
//
// gander_safe_load(address): one 8-byte load that may fault.
//   rdi: address    rax: value, rdx: 1; both 0 after a fault that recover_fault() redirected
// The one instruction that may fault carries the label gander_safe_load_access.

        .text
        .p2align 4
        .globl  gander_capture_regs
        .hidden gander_capture_regs
        .type   gander_capture_regs, @function
gander_capture_regs:
        .cfi_startproc
        endbr64
        movq    %rbx, 3*8(%rdi)
        movq    %rbp, 6*8(%rdi)
        leaq    8(%rsp), %rax
        movq    %rax, 7*8(%rdi)
        movq    %r12, 12*8(%rdi)
        movq    %r13, 13*8(%rdi)
        movq    %r14, 14*8(%rdi)
        movq    %r15, 15*8(%rdi)
        movq    (%rsp), %rax
        movq    %rax, 16*8(%rdi)
        ret
        .cfi_endproc
        .size   gander_capture_regs, . - gander_capture_regs

        .p2align 4
        .globl  gander_safe_load
        .hidden gander_safe_load
        .type   gander_safe_load, @function
        .globl  gander_safe_load_access
        .hidden gander_safe_load_access
        .globl  gander_safe_load_failed
        .hidden gander_safe_load_failed
gander_safe_load:
        .cfi_startproc
        endbr64
gander_safe_load_access:
        movq    (%rdi), %rax
        movl    $1, %edx
        ret
gander_safe_load_failed:
        xorl    %eax, %eax
        xorl    %edx, %edx
        ret
        .cfi_endproc
        .size   gander_safe_load, . - gander_safe_load

        .section .note.GNU-stack, "", @progbits
