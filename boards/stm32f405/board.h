// What this chip gives: the linker's addresses, a heap that knows its high-water mark, a stack that knows its
// own, the debugger's files, and a counter of executed instructions in QEMU.

#ifndef SYNOD_BOARD_H
#define SYNOD_BOARD_H

#include <stdbool.h>
#include <stdint.h>

/** Addresses set by chip.ld; the value of a size is the address of its symbol. */
extern uint8_t module_start[], module_end[], stack_bottom[], stack_top[], data_start[], bss_end[],
    heap_start[], heap_end[];
extern uint8_t bank1_size[], bank2_start[], bank2_size[], flash_used[], flash_size[];

/** Bytes of heap ever taken. */
uint32_t board_heap_used(void);

/** Bytes of native stack ever used; all of it when the guard at its end was touched. */
uint32_t board_stack_used(void);

/** Paints the stack below the caller again: board_stack_used then tells of what is called next. */
void board_stack_paint(void);

/** True when the guard below the native stack was touched. */
bool board_stack_overflowed(void);

/** TIM2: with QEMU's `-icount shift=0` it counts executed instructions exactly; wraps at 2^32. */
uint32_t board_instructions(void);

// semihosting: QEMU or a debug probe does it

#define SEMIHOST_READ 1u
#define SEMIHOST_WRITE 5u

/** Opens a file of the host; negative when it cannot. */
int32_t semihost_open(const char *path, uint32_t mode);
/** Reads up to n bytes; how many it read, 0 at the end. */
uint32_t semihost_read(int32_t file, void *p, uint32_t n);
/** Writes n bytes; true when it wrote them all. */
bool semihost_write(int32_t file, const void *p, uint32_t n);
/** The command line given with the image, without a zero byte; its length, 0 when there is none. */
uint32_t semihost_arguments(char *text, uint32_t size);
void semihost_print(const char *text);
_Noreturn void semihost_exit(int status);

#endif
