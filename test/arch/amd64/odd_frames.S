// SPDX-License-Identifier: Apache-2.0
//
// Functions without all that call-frame information should say, which fault (unwinder_test.cc).

    .text

    .macro BEGIN name
    .globl \name
    .hidden \name
    .type \name, @function
\name:
    .endm

    .macro FAULT
    movl $16, %eax
    movl (%rax), %eax
    .endm

// The caller's return address would be the 1.
    BEGIN gander_test_untold_pushes
    .cfi_startproc
    pushq %rbx
    pushq $1
    FAULT
    popq %rax
    popq %rbx
    ret
    .cfi_endproc
    .size gander_test_untold_pushes, . - gander_test_untold_pushes

// From here on there is none. A leaf.
    BEGIN gander_test_untold_leaf
    FAULT
    ret
    .size gander_test_untold_leaf, . - gander_test_untold_leaf

// A frame pointer, which nothing but the code tells of.
    BEGIN gander_test_untold_frame
    pushq %rbp
    movq %rsp, %rbp
    subq $48, %rsp
    FAULT
    leave
    ret
    .size gander_test_untold_frame, . - gander_test_untold_frame

// Only told of: its frame is as large as the test wants (quick_walk_test.cc).
    BEGIN gander_test_told_frame
    .cfi_startproc
    .cfi_escape 0x0e, 16  // def_cfa_offset
    nop
    ret
    .cfi_endproc
    .size gander_test_told_frame, . - gander_test_told_frame

    .section .note.GNU-stack, "", @progbits
