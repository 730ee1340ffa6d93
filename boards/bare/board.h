// What a board without an operating system gives to the images of this folder: the linker's addresses, the
// banks of RAM for the node, a stack that knows its high-water mark, the emulator's files, and a counter of
// executed instructions.
//
// A board brings, beside its linker script: `start`, which paints the stack, and calls begin() on it;
// board_init, board_instructions, semihost_request (or, where the emulator speaks another language, all of
// semihost_*).

#ifndef SYNOD_BOARD_H
#define SYNOD_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "heap.h"

/** Addresses set by the linker script; the value of a size is the address of its symbol. */
extern uint8_t module_start[], module_end[], stack_bottom[], stack_top[], data_start[], data_end[],
    data_load[], bss_start[], bss_end[], heap_start[], heap_end[], contracts_start[], contracts_end[];
extern uint8_t bank1_size[], bank2_start[], bank2_size[], flash_used[], flash_size[];

/** The RAM for a node, for node_limits.banks: what static data leaves of bank 1, and bank 2. */
void board_banks(heap_bank banks[HEAP_BANKS]);

/** Bytes of native stack ever used; all of it when the guard at its end was touched. */
uint32_t board_stack_used(void);

/** Paints the stack below the caller again: board_stack_used then tells of what is called next. */
void board_stack_paint(void);

/** True when the guard below the native stack was touched. */
bool board_stack_overflowed(void);

/** Executed instructions, exact under QEMU's `-icount shift=0` but on the lx106; wraps at 2^32. */
uint32_t board_instructions(void);

/** What the chip needs before main; called with memory in place. */
void board_init(void);

/** From `start`, on a painted stack: memory, board_init, main, exit with its status. */
_Noreturn void begin(void);

/** Has f called by fault(), on an empty stack, before the end. */
void board_on_fault(void (*f)(const char *what));

/** A fault: says what happened, and where when pc is not 0; ends with status 3. */
_Noreturn void fault(uint32_t pc);

// semihosting: QEMU or a debug probe does it

/** One request of Arm's semihosting, which RISC-V speaks too. */
int32_t semihost_request(uint32_t number, const void *block);

#define SEMIHOST_READ 1u
#define SEMIHOST_UPDATE 3u // reads and writes a file that is there
#define SEMIHOST_WRITE 5u
#define SEMIHOST_CREATE 7u // reads and writes a new file

/** Opens a file of the host; negative when it cannot. */
int32_t semihost_open(const char *path, uint32_t mode);
/** Reads up to n bytes; how many it read, 0 at the end. */
uint32_t semihost_read(int32_t file, void *p, uint32_t n);
/** Writes n bytes; true when it wrote them all. */
bool semihost_write(int32_t file, const void *p, uint32_t n);
/** Goes to a byte of a file; true when it is there. */
bool semihost_seek(int32_t file, uint32_t at);
/** Bytes of a file; 0 when it cannot be told. */
uint32_t semihost_length(int32_t file);
/** The command line given with the image, without a zero byte; its length, 0 when there is none. */
uint32_t semihost_arguments(char *text, uint32_t size);
void semihost_print(const char *text);
_Noreturn void semihost_exit(int status);

#endif
