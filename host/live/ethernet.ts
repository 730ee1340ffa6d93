// Our frames on Ethernet, as boards/mps2/lan9118.c has them:
//
//   0 destination, everybody · 6 source 02:53:... · 12 EtherType 0x88b5 · 14 length u16, big-endian · 16 frame · padding to 60
//
// 0x88b5 is what IEEE 802 leaves for local experiments. Rule: what is of another type, or shorter than it says, is no frame of ours.

const HEAD = 16;
const TYPE = 0x88b5;
const SHORTEST = 60;
const SOURCE = [0x02, 0x53, 0x59, 0x4e, 0x4f, 0x44];

/** A frame as it goes over the cable. */
export function wrap(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.max(SHORTEST, HEAD + frame.length)).fill(0xff, 0, 6);
  bytes.set(SOURCE, 6);
  bytes.set([TYPE >> 8, TYPE & 255, frame.length >> 8, frame.length & 255], 12);
  bytes.set(frame, HEAD);
  return bytes;
}

/** What such bytes carry; null when they are not ours. */
export function open(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length < HEAD || ((bytes[12] << 8) | bytes[13]) !== TYPE) return null;
  const end = HEAD + ((bytes[14] << 8) | bytes[15]);
  return end > bytes.length || end === HEAD ? null : bytes.slice(HEAD, end);
}
