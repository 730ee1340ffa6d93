// Clock, rest and the bytes of the line on a Cortex-M: what its chips share. A chip brings the four functions
// below.

#ifndef SYNOD_CORTEXM_H
#define SYNOD_CORTEXM_H

#include <stdbool.h>
#include <stdint.h>

/** Starts the chip's clocks and pins; the core's frequency in Hz. */
uint32_t chip_clock(void);
/** Starts the serial line; its interrupt calls line_came. */
void chip_line(void);
/** Lets the line's receiver interrupt, or not: then bytes wait where they are, as far as the hardware can
 * hold them back. */
void chip_listen(bool on);
/** Every external interrupt. */
void interrupt(void);

/** From `interrupt`: a byte came in. False when it was the last that fits; the receiver must not interrupt
 * until chip_listen(true).
 */
bool line_came(uint8_t byte);

#define NVIC_ENABLE(irq) (((volatile uint32_t *)0xE000E100u)[(irq) / 32] = 1u << ((irq) % 32))
#define NVIC_DISABLE(irq) (((volatile uint32_t *)0xE000E180u)[(irq) / 32] = 1u << ((irq) % 32))

#endif
