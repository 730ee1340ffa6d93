// Clock, rest and the bytes of the line on a Cortex-M: what its chips share. A chip brings the four functions
// below.

#ifndef SYNOD_CORTEXM_H
#define SYNOD_CORTEXM_H

#include <stdbool.h>
#include <stdint.h>

/** Starts the chip's clocks and pins; the core's frequency in Hz. */
uint32_t chip_clock(void);
/** Starts the serial line and its interrupt. */
void chip_line(void);
/** The number of that interrupt. */
extern const uint32_t chip_line_irq;
/** Every external interrupt. Takes a byte of the line only when line_room(). */
void interrupt(void);

/** From `interrupt`: true when another byte fits. When none does, the line's interrupt is masked until one
 * does, and the byte waits where it is: QEMU holds back those behind it, a chip raises RTS. */
bool line_room(void);
/** From `interrupt`: a byte that came in. */
void line_came(uint8_t byte);

#define NVIC_ENABLE(irq) (((volatile uint32_t *)0xE000E100u)[(irq) / 32] = 1u << ((irq) % 32))
#define NVIC_DISABLE(irq) (((volatile uint32_t *)0xE000E180u)[(irq) / 32] = 1u << ((irq) % 32))

#endif
