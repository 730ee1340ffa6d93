// Where things are on Arm's MPS2 board, by the number of its FPGA image: AN is 385, 386 or 505.
//
//   385, 386   Cortex-M3, Cortex-M4
//   505        Cortex-M33 in its secure state, as it comes out of reset: the secure aliases of everything

#ifndef SYNOD_MPS2_H
#define SYNOD_MPS2_H

#if AN == 505
#define MPS2_TIMER 0x50000000u
#define MPS2_UART 0x50200000u
#define MPS2_ETHERNET 0x52000000u
#define MPS2_HZ 20000000u
#define MPS2_UART_IRQ 32u
#define MPS2_ETHERNET_IRQ 48u
#else
#define MPS2_TIMER 0x40000000u
#define MPS2_UART 0x40004000u
#define MPS2_ETHERNET 0x40200000u
#define MPS2_HZ 25000000u
#define MPS2_UART_IRQ 0u
#define MPS2_ETHERNET_IRQ 13u
#endif

#endif
