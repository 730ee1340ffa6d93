// Local requests, from the console, the host or the application. First byte: what is asked. The answer is an ANSWER event
// whose first byte repeats the op, unless said otherwise.
//
//   IDENTITY   -                                    answered by an IDENTITY event
//   PROVISION  1 cell key 32 B · 33 genesis         writes the genesis, then RESET; refused when there is one
//   SUBMIT     1 a signed transaction               answered by a SUBMITTED event
//   PAY        1 to 8 B (kid) · 9 amount u64 · 17 fee u64   signs a transfer with the device's key; SUBMITTED
//   REGISTER   1 public key 32 B                    signs a key registration; SUBMITTED
//   STATUS     -                                    answer: 1 n u8 · 2 me u8 · 3 flags u8 (as in RECOVERED) · 4 epoch u32 · 8 view u32 · 12 finalHeight u32
//                                                   16 executedHeight u32 · 20 finalView u32 · 24 state root 32 B · 56 final digest 32 B
//   QUERY      1 key                                answer: 1 found u8 · 2 value length u16 · 4 value · then the proof (tree.ts)
//   COMMAND    1 bytes                              handed to the application's onCommand; its answer
//   ACCOUNT    1 kid 8 B                            answer: 1 found u8 · 2 zero 6 B · 8 balance u64 · 16 nonce u64

export const IDENTITY: u32 = 1;
export const PROVISION: u32 = 2;
export const SUBMIT: u32 = 3;
export const PAY: u32 = 4;
export const REGISTER: u32 = 5;
export const STATUS: u32 = 6;
export const QUERY: u32 = 7;
export const COMMAND: u32 = 8;
export const ACCOUNT: u32 = 9;
