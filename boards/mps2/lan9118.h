// MPS2's Ethernet, SMSC LAN9118: our frames under an EtherType of their own, no IP stack.
//
//   Ethernet  0 destination ff:ff:ff:ff:ff:ff · 6 source 02:53:xx:xx:xx:xx · 12 EtherType 0x88b5 · 14 length
//   u16, big-endian · 16 frame
//
// 0x88b5 is what IEEE 802 leaves for local experiments. The length is there since Ethernet pads to 60 bytes.
//
// Rule: total over all frames. What is of another type, shorter than it says or longer than there is room is
// read and dropped.

#ifndef SYNOD_LAN9118_H
#define SYNOD_LAN9118_H

/** From `interrupt`: frames wait. */
void lan9118_interrupt(void);

#endif
