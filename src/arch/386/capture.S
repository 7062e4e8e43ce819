// SPDX-License-Identifier: Apache-2.0
//
// gander_capture_regs(regs* out): the caller's registers as they are right behind the call, at
// out->value[DWARF column]. Only what a call preserves is stored; the caller cannot know the rest.
//
// gander_capture_frame(frame* out): the same of pc, sp and ebp, one behind the other.
//
// gander_safe_load(address): one 4-byte load that may fault.
//   4(%esp): where the result goes, taken off by us as the ABI wants it; 8(%esp): address
//   result: value, 1; both 0 after a fault that recover_fault() redirected
// The one instruction that may fault carries the label gander_safe_load_access.

        .text
        .p2align 4
        .globl  gander_capture_regs
        .hidden gander_capture_regs
        .type   gander_capture_regs, @function
gander_capture_regs:
        .cfi_startproc
        endbr32
        movl    4(%esp), %eax
        movl    %ebx, 3*4(%eax)
        leal    4(%esp), %ecx
        movl    %ecx, 4*4(%eax)
        movl    %ebp, 5*4(%eax)
        movl    %esi, 6*4(%eax)
        movl    %edi, 7*4(%eax)
        movl    (%esp), %ecx
        movl    %ecx, 8*4(%eax)
        ret
        .cfi_endproc
        .size   gander_capture_regs, . - gander_capture_regs

        .p2align 4
        .globl  gander_capture_frame
        .hidden gander_capture_frame
        .type   gander_capture_frame, @function
gander_capture_frame:
        .cfi_startproc
        endbr32
        movl    4(%esp), %eax
        movl    (%esp), %ecx
        movl    %ecx, (%eax)
        leal    4(%esp), %ecx
        movl    %ecx, 4(%eax)
        movl    %ebp, 8(%eax)
        ret
        .cfi_endproc
        .size   gander_capture_frame, . - gander_capture_frame

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
        endbr32
        movl    4(%esp), %eax
        movl    8(%esp), %ecx
        movl    $1, %edx
gander_safe_load_access:
        movl    (%ecx), %ecx
        movl    %ecx, (%eax)
        movl    %edx, 4(%eax)
        ret     $4
gander_safe_load_failed:
        xorl    %ecx, %ecx
        movl    %ecx, (%eax)
        movl    %ecx, 4(%eax)
        ret     $4
        .cfi_endproc
        .size   gander_safe_load, . - gander_safe_load

        .section .note.GNU-stack, "", @progbits
