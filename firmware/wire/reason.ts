// Why a device said no: one number each, used in exactly one place of the firmware. host/wire/words.ts has the sentences.
// Ranges: 1-19 mesh, 20-39 CBOR, 40-59 COSE, 60-79 keys and signatures, 80-119 consensus, 120-149 ledger, 150-179 flash
// and identity, 180-199 requests, 200-255 the application's own (its onCommand). 0 is always "accepted".

export const OK: u32 = 0;

// mesh: frames and fragments
export const FRAME_SHORT: u32 = 1; // shorter than head and MAC
export const FRAME_LONG: u32 = 2; // longer than the cell's MTU
export const FRAME_MAGIC: u32 = 3; // not a Synod frame
export const FRAME_TYPE: u32 = 4; // neither whole nor fragment
export const FRAME_MAC: u32 = 5; // hop MAC does not match the cell key
export const FRAGMENT_SHAPE: u32 = 6; // count, index or total out of range, or bytes that do not fit them
export const FRAGMENT_CLASH: u32 = 7; // other total or count than the object under reassembly
export const OBJECT_KIND: u32 = 8; // an object kind that nobody handles
export const POOL_FULL: u32 = 9; // no room for another pending transaction

// CBOR (RFC 8949 4.2.1)
export const CBOR_END: u32 = 20; // the item runs past the end of its input
export const CBOR_LONG_FORM: u32 = 21; // an argument not in its shortest form
export const CBOR_INDEFINITE: u32 = 22; // indefinite length
export const CBOR_TYPE: u32 = 23; // another major type than expected
export const CBOR_ORDER: u32 = 24; // map keys not in bytewise order
export const CBOR_DUPLICATE: u32 = 25; // the same map key twice
export const CBOR_TRAILING: u32 = 26; // bytes after the item
export const CBOR_RANGE: u32 = 27; // an integer too large for its place
export const CBOR_DEPTH: u32 = 28; // nested deeper than a device follows
export const CBOR_RESERVED: u32 = 29; // a reserved additional information value
export const CBOR_SIMPLE: u32 = 30; // a float or simple value that no object here uses
export const CBOR_TEXT: u32 = 31; // a text string that is not UTF-8

// COSE (RFC 9052, RFC 9679)
export const COSE_SHAPE: u32 = 40; // not a COSE_Sign1 array of four
export const COSE_ALGORITHM: u32 = 41; // protected header names no EdDSA
export const COSE_KID: u32 = 42; // no 8-byte key id where one is due
export const COSE_SIGNATURE: u32 = 43; // signature not of 64 bytes
export const COSE_HEADER: u32 = 44; // a header parameter that is not understood
export const COSE_KEY: u32 = 45; // not an OKP/Ed25519 COSE_Key

// keys and signatures
export const KEY_NOT_CANONICAL: u32 = 60; // y coordinate not below p
export const KEY_SMALL_ORDER: u32 = 61; // one of the eight points of small order
export const KEY_NOT_ON_CURVE: u32 = 62; // no point has this y
export const SIGNATURE_INVALID: u32 = 63; // the signature equation does not hold

// consensus
export const VOTE_SHAPE: u32 = 80; // not a vote's size or fields
export const VOTE_EPOCH: u32 = 81; // of another epoch
export const VOTE_SIGNER: u32 = 82; // no such validator
export const VOTE_VIEW: u32 = 83; // of a view too far ahead
export const VOTE_SIGNATURE: u32 = 84; // its signature does not verify
export const PROPOSAL_SHAPE: u32 = 85; // header or lengths out of range
export const PROPOSAL_LEADER: u32 = 86; // not by the leader of its view
export const PROPOSAL_BODY: u32 = 87; // body does not match its Merkle root
export const BODY_SHAPE: u32 = 103; // transactions in a body do not add up to its count and length
export const PROPOSAL_TRANSACTION: u32 = 88; // a transaction in it does not verify
export const PROPOSAL_PARENT: u32 = 89; // height, time or executed height do not follow from the parent
export const PROPOSAL_ROOT: u32 = 90; // another state root than ours at the same height
export const PROPOSAL_TWICE: u32 = 91; // second proposal of one leader in one view
export const CERTIFICATE_SHAPE: u32 = 92; // size does not match its signers, or another epoch
export const BLOCK_UNWANTED: u32 = 93; // a block that no certificate here names
export const WINDOW_FULL: u32 = 94; // too many blocks wait for finality
export const BEACON_SHAPE: u32 = 95; // not a beacon of this cell
export const FINAL_CONFLICT: u32 = 96; // two final blocks that exclude each other: more liars than the cell tolerates
export const JOURNAL_UNREADABLE: u32 = 97; // own promises are lost: observer until re-keyed
export const BEYOND_WINDOW: u32 = 98; // a neighbour is further behind than the blocks kept
export const CERTIFICATE_SIGNATURE: u32 = 99; // a NOTAR certificate with a signature that does not verify
export const FINAL_SIGNATURE: u32 = 100; // a FINAL certificate with a signature that does not verify
export const PROPOSAL_SIGNATURE: u32 = 102; // its leader's signature does not verify
export const BLOCK_SHAPE: u32 = 101; // header or lengths of a served block out of range

// members: what they trust and ask
export const TRUST_SHAPE: u32 = 104; // a certificate whose size, signers or header do not fit
export const TRUST_SIGNATURE: u32 = 105; // with a signature that does not verify
export const TRUST_CONFLICT: u32 = 106; // of a block that excludes the one trusted: more liars than the cell tolerates
export const PROOF_SHAPE: u32 = 107; // a proof that is none, or of another cell
export const PROOF_ROOT: u32 = 108; // it leads to another state than the one that a quorum signed for that height
export const PROOF_OLD: u32 = 109; // it leads to a state before the question
export const ASK_SHAPE: u32 = 110; // a question without a key, or one of more than 32 bytes
export const PROOF_LONG: u32 = 111; // the bucket of that key is too large to be sent
export const ASKING: u32 = 112; // the question before is not answered yet
export const UNANSWERED: u32 = 113; // nobody answered with a proof that holds
export const ACCOUNT_UNKNOWN: u32 = 114; // no proof yet that this device has an account
export const NONCE_AHEAD: u32 = 115; // four own transactions wait for a block already
export const FEE_ABOVE: u32 = 116; // the own account, as far as it is proved, cannot pay the fee

// flash and identity
export const FLASH_ABSENT: u32 = 150; // region 0 cannot be read: the board describes no flash
export const FLASH_UNIT: u32 = 151; // a program unit other than 1, 2, 4 or 8 bytes
export const FLASH_GEOMETRY: u32 = 152; // a region or its sectors too small, or not a whole number of sectors
export const IDENTITY_LOST: u32 = 153; // the cell's data are there, but the device's own key is unreadable
export const GENESIS_SHAPE: u32 = 154; // not a cell key and a genesis
export const PROVISIONED: u32 = 155; // the device belongs to a cell already

// ledger: state and transactions
export const STATE_FULL: u32 = 120; // the state tree has no room for another entry
export const TX_LONG: u32 = 121; // longer than a transaction may be
export const TX_SHAPE: u32 = 122; // payload without the fields of its type
export const TX_CELL: u32 = 123; // made for another cell
export const TX_TYPE: u32 = 124; // no such transaction type
export const TX_KEY: u32 = 125; // the signer's key is not registered
export const TX_NONCE_PAST: u32 = 126; // nonce below the account's: executed already, or overtaken
export const TX_NONCE_AHEAD: u32 = 127; // nonce above the account's: an earlier one is missing
export const TX_EXPIRED: u32 = 128; // the block is above its expiry height
export const TX_FEE: u32 = 129; // the account cannot pay the fee
export const TX_BALANCE: u32 = 130; // the fee was paid; the rest does not cover the amount
export const TX_PAYEE: u32 = 131; // the payee has no account
export const KEY_KNOWN: u32 = 132; // a key with this id is registered already
export const READINGS_SHAPE: u32 = 133; // not 1 to 8 SenML records with a value and known labels
export const READINGS_ROOT: u32 = 134; // the readings do not have the Merkle root that was signed
export const GENESIS_SUPPLY: u32 = 135; // opening balances add up to 2^64 or more
export const PACK_LONG: u32 = 136; // the readings do not fit one transaction
export const BACKLOG: u32 = 137; // four own transactions wait for a block already

// requests
export const REQUEST_UNKNOWN: u32 = 180; // no such request
export const REQUEST_SHAPE: u32 = 181; // empty, or longer than the input buffer
export const NOT_PROVISIONED: u32 = 182; // the device belongs to no cell yet
export const REQUEST_SIZE: u32 = 184; // not the size that this request has
export const REQUEST_KEY: u32 = 185; // a state key of no bytes or more than 32
export const NO_COMMAND: u32 = 186; // this application takes no commands
export const HOST_CALL: u32 = 187; // no such host call
