// lx106: the way from reset to begin(), and the cycle counter, which counts instructions in QEMU.

    .section .reset, "ax"
    j .Lgo
    .align 4
.Lstart:
    .word start
.Lgo:
    l32r a0, .Lstart
    jx a0

    .text
    .align 4
    .literal_position
    .literal .Lbottom, stack_bottom
    .literal .Ltop, stack_top
    .literal .Lpaint, 0xA5A5A5A5
    .global start
start:
    l32r a2, .Lbottom
    l32r a3, .Ltop
    l32r a4, .Lpaint
1:  s32i a4, a2, 0
    addi a2, a2, 4
    bltu a2, a3, 1b
    l32r a1, .Ltop
    call0 begin

    .align 4
    .global board_init
board_init:
    ret

    .align 4
    .global board_instructions
board_instructions:
    rsr.ccount a2
    ret
