// Certificates: q distinct signers of one statement. Signatures stand in signer order.
//
// NOTAR:     0 kind u8 · 1 epoch u32 · 5 view u32 · 9 digest 32 B · 41 signers u32 · 45 of them with F u32 · 49 signatures 64 B each
// FINAL (a): 0 kind u8 · 1 epoch u32 · 5 view u32 · 9 digest 32 B · 41 signers u32 · 45 FINALIZE signatures
// FINAL (b): 0 kind u8 · 1 epoch u32 · 5 child header 128 B · 133 signers u32 · 137 NOTARIZE F=1 signatures for the child
// NULL:      0 kind u8 · 1 epoch u32 · 5 signers u32 · 9 per signer: from u32 · to u32 · signature 64 B

export const EPOCH: u32 = 1;
export const VIEW: u32 = 5;
export const DIGEST: u32 = 9;
export const SIGNERS: u32 = 41;
export const NOTAR_F: u32 = 45;
export const NOTAR_SIGNATURES: u32 = 49;
export const FINAL_SIGNATURES: u32 = 45;
export const CHILD: u32 = 5;
export const CHILD_SIGNERS: u32 = 133;
export const CHILD_SIGNATURES: u32 = 137;
export const NULL_SIGNERS: u32 = 5;
export const NULL_VOTES: u32 = 9;
export const NULL_STRIDE: u32 = 72;
