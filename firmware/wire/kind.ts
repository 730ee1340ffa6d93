// The first byte of every object that crosses the air. The first four are votes and stand in what is signed.

export const NOTARIZE: u32 = 1;
export const NOTARIZE_F: u32 = 2; // also finalizes the parent
export const FINALIZE: u32 = 3;
export const NULLIFY: u32 = 4;
export const PROPOSAL: u32 = 5; // header, the leader's NOTARIZE signature, body
export const NOTAR_CERTIFICATE: u32 = 6;
export const FINAL_CERTIFICATE: u32 = 7; // (a): of lone FINALIZE votes
export const FINAL_BY_CHILD: u32 = 8; // (b): of NOTARIZE F=1 votes for one child
export const NULL_CERTIFICATE: u32 = 9;
export const BLOCK: u32 = 10; // header and body, for catch-up
export const BEACON: u32 = 11;
export const TRANSACTION: u32 = 12;
export const FINAL_HEADER: u32 = 13; // a final header and its certificate, for members
export const ASK: u32 = 14; // a member asks for the value at a key
export const PROOF: u32 = 15; // the value with its proof

/** The highest of them. */
export const LAST: u32 = 15;
