// rv32imc: the way from reset to begin(), traps, the semihosting trap, and the count of instructions.

    .section .text.start, "ax"
    .global start
start:
    la t0, stack_bottom
    la sp, stack_top
    li t1, 0xA5A5A5A5
1:  sw t1, 0(t0)
    addi t0, t0, 4
    bltu t0, sp, 1b
    la t0, trap
    csrw mtvec, t0
    j begin

    .align 4
trap:
    la sp, stack_top        // the old stack may be what failed
    csrr a0, mepc
    j fault

    .global board_init
board_init:
    ret

    .global board_instructions
board_instructions:
    csrr a0, minstret
    ret

    .global semihost_request // number in a0, block in a1: these three instructions, uncompressed and in one page
    .option push
    .option norvc
    .balign 16
semihost_request:
    slli x0, x0, 0x1f
    ebreak
    srai x0, x0, 7
    ret
    .option pop

    .global riscv_wake_on
riscv_wake_on:
    li t0, 0x880            // timer and external interrupts of machine mode; mstatus.MIE stays 0
    csrw mie, t0
    ret

    .global riscv_wait
riscv_wait:
    wfi
    ret
