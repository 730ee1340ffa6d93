// What devices and host say in numbers, in sentences: every reason of firmware/wire/reason.ts, every refusal of refusal.ts, every
// event of event.ts.
//
//   number        ──> what happened, what was expected, what to do; its place in ERRORS.md, which is made from this file
//   event object  ──> one line for people
//
// Rule: a number that can be said has words here; the type checker asks for those of a new one.

import * as reasons from "../../firmware/wire/reason.ts";
import type { DeviceEvent } from "../device/event.ts";
import * as refusals from "./refusal.ts";

type Reason = keyof typeof reasons;
type Refusal = Exclude<keyof typeof refusals, "Refused">;
type Name = Reason | Refusal;

interface Words {
  /** What happened. */
  readonly what: string;
  /** What was expected instead. */
  readonly expected: string;
  /** What to do about it. */
  readonly then: string;
}

const say = (what: string, expected: string, then: string): Words => ({ what, expected, then });

const NOISE = "nothing: radio noise does this; many of them mean interference or an attacker";
const SENDER = "look at who sent it: an honest device does not send this";
const ENCODE = "encode it as deterministic CBOR (RFC 8949 4.2.1)";
const WAIT = "nothing: it sorts itself out when the device has caught up";

// prettier-ignore
const WORDS: Record<Name, Words> = {
  OK: say("accepted", "this", "nothing"),

  FRAME_SHORT: say("a frame is shorter than its head and MAC", "at least 21 bytes", NOISE),
  FRAME_LONG: say("a frame is longer than the cell's MTU", "at most as many bytes as the genesis says", "give all devices of the cell the same genesis"),
  FRAME_MAGIC: say("what came in is not a Synod frame", "0x53 as first byte", NOISE),
  FRAME_TYPE: say("a frame is neither a whole object nor a fragment", "type 1 or 2", NOISE),
  FRAME_MAC: say("a frame's MAC does not match the cell key", "a frame of this cell", "nothing if another cell is near; else check that all devices were provisioned with the same cell key"),
  FRAGMENT_SHAPE: say("a fragment's count, index or size does not fit the object it belongs to", "the sizes that frame.ts draws", SENDER),
  FRAGMENT_CLASH: say("a fragment says another size than the object under reassembly", "fragments of one object that agree", SENDER),
  OBJECT_KIND: say("an object of an unknown kind", "one of the kinds in kind.ts", "update this device if others run newer firmware"),
  POOL_FULL: say("the pool of pending transactions is full", "room for one more", "submit it again when some have become final"),

  CBOR_END: say("a CBOR item runs past the end of its input", "all its bytes", "send the whole item"),
  CBOR_LONG_FORM: say("a CBOR length or integer is not in its shortest form", "the shortest form", ENCODE),
  CBOR_INDEFINITE: say("a CBOR item has indefinite length", "a definite length", ENCODE),
  CBOR_TYPE: say("a CBOR item has another type than its place demands", "the type that the format names", "compare it with the format of the object"),
  CBOR_ORDER: say("the keys of a CBOR map are not in order", "keys in bytewise order of their encoding", ENCODE),
  CBOR_DUPLICATE: say("a CBOR map has one key twice", "each key once", "remove one of the two"),
  CBOR_TRAILING: say("bytes follow the CBOR item", "the item alone", "cut them off"),
  CBOR_RANGE: say("a CBOR integer is too large for its place", "a smaller one", "look up the range of that field"),
  CBOR_DEPTH: say("CBOR nests deeper than a device follows", "fewer levels", "flatten it"),
  CBOR_RESERVED: say("a CBOR head has a reserved value", "one of RFC 8949", ENCODE),
  CBOR_SIMPLE: say("a CBOR float or simple value", "integers, strings, arrays and maps only", "send fixed-point integers instead"),
  CBOR_TEXT: say("a CBOR text string is not UTF-8", "well-formed UTF-8 (RFC 3629)", "encode the text as UTF-8"),

  COSE_SHAPE: say("this is not a COSE_Sign1", "an array of four: protected, unprotected, payload, signature", "make it with a COSE library (RFC 9052)"),
  COSE_ALGORITHM: say("the protected header does not name EdDSA", "algorithm -8", "sign it with Ed25519"),
  COSE_KID: say("there is no key id where one is due", "8 bytes: the start of the key's RFC 9679 thumbprint", "put the key id into the header"),
  COSE_SIGNATURE: say("the signature has another length", "64 bytes", "sign it with Ed25519"),
  COSE_HEADER: say("a header parameter that the device does not understand", "algorithm and key id only", "remove it"),
  COSE_KEY: say("this is not an Ed25519 COSE_Key", "an OKP key of curve 6 with 32 bytes of x", "register an Ed25519 key"),

  KEY_NOT_CANONICAL: say("the y coordinate of a public key is not below p", "the canonical encoding", "make another key; a sound library does not make such a one"),
  KEY_SMALL_ORDER: say("a public key is one of the points of small order", "a point of large order", "make another key: for this one anybody can sign"),
  KEY_NOT_ON_CURVE: say("no point of the curve has the y coordinate of this public key", "a point of edwards25519", "check how the key was copied"),
  SIGNATURE_INVALID: say("a transaction's signature does not verify", "a signature of its signer over exactly these bytes", "sign it again; nothing may change after signing"),

  VOTE_SHAPE: say("a vote has the wrong size or fields", "one of the layouts in vote.ts", SENDER),
  VOTE_EPOCH: say("a vote of another epoch", "one of the epoch under way", WAIT),
  VOTE_SIGNER: say("a vote of a validator that does not exist", "a signer below n", SENDER),
  VOTE_VIEW: say("a vote of a view too far ahead", "a view that this device can reach soon", WAIT),
  VOTE_SIGNATURE: say("a vote's signature does not verify", "a signature of the validator that it names", SENDER),
  PROPOSAL_SHAPE: say("a proposal's header or lengths are out of range", "the layout in proposal.ts", SENDER),
  PROPOSAL_LEADER: say("a proposal is not by the leader of its view", "the leader's", SENDER),
  PROPOSAL_BODY: say("a block's body does not match the Merkle root in its header", "the body that was signed", SENDER),
  PROPOSAL_TRANSACTION: say("a transaction in a proposal does not verify", "only transactions that the leader checked", "the device gives up that leader's view; nothing to do"),
  PROPOSAL_PARENT: say("a proposal does not follow from its parent", "the next height, a later time, an executed height between the parent's and its own", "nothing if clocks were off for a while; else look at that leader"),
  PROPOSAL_ROOT: say("a proposal cites another state root than this device computed", "the same root", "compare the firmware of both devices: equal blocks must give equal states"),
  PROPOSAL_TWICE: say("a leader proposed two blocks in one view", "one", "nothing: it is evidence against that leader"),
  CERTIFICATE_SHAPE: say("a certificate's size does not match its signers, or it is of another epoch", "one of the layouts in certificate.ts", SENDER),
  BLOCK_UNWANTED: say("a block came that no certificate here names", "a block that was asked for", WAIT),
  WINDOW_FULL: say("too many blocks wait for finality", "at most twelve", WAIT),
  BEACON_SHAPE: say("a beacon has the wrong size or fields", "a beacon of this cell", SENDER),
  FINAL_CONFLICT: say("two final blocks exclude each other", "one chain", "stop trusting this cell: more devices lie than it can bear; read the evidence"),
  JOURNAL_UNREADABLE: say("the journal of own votes is unreadable, so this device only observes", "a readable journal", "re-key the device with the next change of validators; never give it its old key again"),
  BEYOND_WINDOW: say("a neighbour is further behind than the blocks kept here", "at most 256 blocks", "let it catch up from another device, or from a snapshot"),
  CERTIFICATE_SIGNATURE: say("a signature in a NOTAR certificate does not verify", "only signatures that verify", SENDER),
  FINAL_SIGNATURE: say("a signature in a FINAL certificate does not verify", "only signatures that verify", SENDER),
  BLOCK_SHAPE: say("the header or lengths of a served block are out of range", "the layout in proposal.ts", SENDER),
  PROPOSAL_SIGNATURE: say("the leader's signature on a proposal does not verify", "a signature of that leader", SENDER),
  BODY_SHAPE: say("the transactions of a block do not add up to its count and length", "a body as in proposal.ts", SENDER),

  TRUST_SHAPE: say("a certificate for members does not fit its header, its signers or its size", "the layouts in light.ts and certificate.ts", SENDER),
  TRUST_SIGNATURE: say("a signature in a certificate for members does not verify", "only signatures that verify", SENDER),
  TRUST_CONFLICT: say("a quorum signed a block or a state that excludes what this member trusts", "one chain", "stop trusting this cell: more devices lie than it can bear"),
  PROOF_SHAPE: say("what came is no proof of the state", "the layout in light.ts", SENDER),
  PROOF_ROOT: say("a proof leads to another state than the one that a quorum signed for that height", "the certified state root", "nothing: the next validator is asked; whoever sent this one lies or is broken"),
  PROOF_OLD: say("a proof leads to a state from before the question", "a state no older than what was trusted then", "nothing: the next validator is asked"),
  ASK_SHAPE: say("a member's question has no key, or a longer one than there are", "a key of 1 to 32 bytes", SENDER),
  PROOF_LONG: say("too many entries share the bucket of that key: their proof cannot be sent", "a proof of at most 1,750 bytes", "ask a validator at its console, or use other keys"),
  ASKING: say("this member's question before is not answered yet", "one question at a time", "ask again when it is answered or given up"),
  UNANSWERED: say("nobody answered this member's question with a proof that holds", "one validator in reach that tells the truth", "look whether validators are in reach, then ask again"),
  ACCOUNT_UNKNOWN: say("this member has no proof yet that it has an account", "a registered key, and a proof of it", "register its key at a validator, and let it hear the cell"),
  FEE_ABOVE: say("this member's account cannot pay the fee, as far as its last proof says", "a balance of at least the fee", "pay the account first, or lower the fee"),
  NONCE_AHEAD: say("four transactions of this member wait for a block already", "fewer than four", "try again when some have settled"),

  STATE_FULL: say("the state has no room for another entry", "8 KiB at most", "use fewer accounts or keys in this cell"),
  TX_LONG: say("a transaction is too long", "at most 640 bytes", "split it"),
  TX_SHAPE: say("a transaction's payload lacks the fields of its type", "[cell, nonce, fee, expiry, type, arguments]", "compare it with firmware/ledger/transaction.ts"),
  TX_CELL: say("a transaction was made for another cell", "the first 8 bytes of this cell's genesis hash", "make it again for this cell"),
  TX_TYPE: say("there is no such transaction type", "1 transfer, 2 register, 3 readings", "update the firmware if others know it"),
  TX_KEY: say("the signer's key is not registered in this cell", "a registered key", "register it first"),
  TX_NONCE_PAST: say("the nonce is below the account's: it was executed already, or overtaken", "the account's nonce", "ask for the account, then make it again if it is not final"),
  TX_NONCE_AHEAD: say("the nonce is above the account's: an earlier transaction is missing", "the account's nonce", "submit the missing one first"),
  TX_EXPIRED: say("the block is above the transaction's expiry height", "a height up to the expiry", "make it again with a later expiry"),
  TX_FEE: say("the account cannot pay the fee", "a balance of at least the fee", "pay the account first, or lower the fee"),
  TX_BALANCE: say("the balance does not cover the amount; the fee was paid", "a balance of at least amount and fee", "send less, or pay the account first"),
  TX_PAYEE: say("the payee has no account", "the key id of a registered key", "register the payee's key first"),
  KEY_KNOWN: say("a key with this id is registered already", "a new key", "nothing if it is yours; else make another key"),
  READINGS_SHAPE: say("these are not 1 to 8 SenML records with a value and known labels", "such records (RFC 8428, integers only)", "compare them with firmware/ledger/readings.ts"),
  READINGS_ROOT: say("the readings do not have the Merkle root that was signed", "the root of exactly these readings", "compute it over the records as sent"),
  GENESIS_SUPPLY: say("the opening balances add up to 2^64 or more", "less", "make a genesis with smaller balances"),
  BACKLOG: say("four transactions of this device wait for a block already", "fewer than four", "try again after the next blocks, or batch more into one"),
  PACK_LONG: say("the readings do not fit one transaction", "at most 640 bytes with signature", "report more often"),

  FLASH_ABSENT: say("the board describes no flash", "region 0 readable, with the sizes of regions 1 to 5", "complete the port: read() of region 0"),
  FLASH_UNIT: say("flash has a program unit that is not supported", "1, 2, 4 or 8 bytes", "let the port gather writes into such units"),
  FLASH_GEOMETRY: say("a flash region or its sectors are too small, or not whole", "the sizes in core/flash.ts", "give the region more room in the port"),
  IDENTITY_LOST: say("the cell's data are there, but the device's own key is unreadable", "both or none", "re-key the device: erase its flash and register its new key"),
  GENESIS_SHAPE: say("what came is not a cell key and a genesis", "32 bytes, then the layout in genesis.ts", "make the request again with host/fleet/provision.ts or keygen"),
  PROVISIONED: say("the device belongs to a cell already", "a device without a cell", "erase its flash if it shall join another cell"),

  REQUEST_UNKNOWN: say("there is no such request", "one of request.ts", "update host or device so that both know it"),
  REQUEST_SHAPE: say("a request is empty or longer than the input buffer", "1 to 1536 bytes", "send its bytes whole, in one request"),
  NOT_PROVISIONED: say("the device belongs to no cell yet", "a provisioned device", "send it a PROVISION request"),
  REQUEST_SIZE: say("a request has another size than its kind", "the size in request.ts", "send its bytes whole"),
  REQUEST_KEY: say("a state key of no bytes or more than 32", "1 to 32 bytes", "ask for a shorter key"),
  HOST_CALL: say("a contract asked for a host call that does not exist", "one of the ABI's host calls; no contracts run yet", "build the contract against this version"),
  NO_COMMAND: say("this application takes no commands", "an application with an onCommand hook", "flash one that has it"),

  DEED_UNKNOWN: say("there is no such deed", "one that GET /fleet lists under verbs", "compare the spelling"),
  DEED_DEVICE: say("the fleet has no such device", "a number from 0 to n-1", "GET /fleet or synod query TARGET lists them"),
  DEED_FIELD: say("a field of the deed is missing, unknown or out of range", "the fields that host/tape/deed.ts draws", "correct the field that is named"),
  DEED_CANNOT: say("this fleet cannot do that", "a deed among its verbs", "use a simulated fleet (sim:N), which can do all"),
  DEVICE_DOWN: say("the device is down", "a running device", "restart it first, or ask another"),
  FLEET_OVER: say("the fleet has ended", "a running one", "start it again"),
  NO_ANSWER: say("the device did not answer in time", "an answer within seconds", "look whether it is busy, stopped or being debugged"),
  PROOF_WRONG: say("a device's proof does not lead to its state root", "a proof under the root that it reports", "ask another device; this one is broken or lies"),
  TARGET_SHAPE: say("this names no target", "sim:N, posix:PATH, a fleet's .json file or http://HOST:PORT", "compare the spelling; synod TARGET --help has examples"),
  TARGET_ABSENT: say("there is no fleet at that target", "a fleet that runs, or files to start one from", "start it with synod up, or correct the address"),
  TARGET_BUSY: say("that fleet's flash is in use by another process", "a flash for each device, one process for each flash", "use the fleet that runs, or end it first"),
  TARGET_OTHER: say("the folder holds another fleet than the one that was asked for", "flash files of one cell, and what was said when it was made", "leave the option away, or name another folder"),
  HTTP_PATH: say("the gateway has no such path", "one of the paths in host/gateway/README.md", "compare the spelling"),
  HTTP_METHOD: say("that path takes another method", "the one in the Allow header", "use it"),
  HTTP_HOST: say("the request was sent to another name than the gateway's own", "a Host header with its own address", "open the address that synod up prints; a page that rebinds DNS ends here"),
  HTTP_ORIGIN: say("the request comes from a page of another site", "the gateway's own page, or no browser", "use the dashboard, a script or curl"),
  HTTP_TOKEN: say("the token is missing or wrong", "Authorization: Bearer and the token given to synod up", "copy the address with its token anew"),
  HTTP_TYPE: say("the body is of another content type", "application/json, or application/cose for /tx", "set the Content-Type header"),
  HTTP_SIZE: say("the body is too large", "at most 4 KiB of JSON, or 1535 bytes of a transaction", "send less"),
  HTTP_JSON: say("the body is not the JSON that this path takes", "one JSON object with known fields", "compare it with host/gateway/README.md"),
  HTTP_QUERY: say("a part of the address is missing or malformed", "the parameters in host/gateway/README.md", "correct the one that is named"),
  HTTP_BUSY: say("too many streams or connections at once", "a few of them", "close one"),
  HTTP_FORK: say("the fleet cannot be forked there", "a simulated fleet, and a time that it has lived through", "fork at an earlier time, or run the fleet simulated"),
  HTTP_MALFORMED: say("what came is no well-formed HTTP request", "HTTP/1.1 (RFC 9112), each header once", "send it with a browser, curl or the client in host/target/remote.ts"),
  HTTP_TIMEOUT: say("the request did not arrive in time", "its headers within seconds, then its body", "send it whole"),
  HTTP_FAULT: say("the gateway failed at this request", "an answer", "report it, with what host/gateway printed"),

  FLASH_TOOL: say("what writes to boards is not installed: it is an optional dependency", "the packages esptool-js and serialport", "npm install; where serialport has no binary for this machine it needs a C++ compiler"),
  FLASH_PORT: say("the board's serial port was not found or cannot be opened", "one board plugged in, or --port, and nobody else who holds the port", "look at the cable (some carry power only), close what else has the port open, name it with --port"),
  FLASH_SILENT: say("no chip answered at the serial port", "a board in its boot loader", "hold BOOT while pressing and releasing RESET, then type the command again; try --baud 115200"),
  FLASH_TABLE: say("the partition table does not say where to write", "a table with a partition of type 0x53, subtype 0", "write the whole image first: synod flash --image FOLDER; or name a table with --table"),
  FLASH_ROOM: say("what should be written is larger than its place", "a module that fits its partition with 64 bytes more", "make partition `module` larger in partitions.csv and write the whole image again"),
  FLASH_MODULE: say("the file is no device module", "a WebAssembly module with the exports of the ABI", "npx synod build, or npm run build, makes one"),
  FLASH_IMAGE: say("the image's folder cannot be used", "a folder that idf.py build filled for this chip", "run idf.py set-target and idf.py build, and name its folder build"),
  FLASH_WRITE: say("the chip's flash does not hold what was written", "the MD5 of what was sent", "type the command again, more slowly: --baud 115200; a board that was cut short says 952 until then and loses nothing else"),

  BOARD_SLOT: say("the board has no partition for a module", "a partition of type 0x53, subtype 0", "write the whole image: synod flash --image FOLDER"),
  BOARD_EMPTY: say("the board waits for its first module", "a module in its partition", "npx synod flash writes one"),
  BOARD_TORN: say("the board's module is not whole: writing it was cut short, or flash has lost bits", "a module whose SHA-256 is the one in its head", "npx synod flash writes it again; identity and ledger are elsewhere and stay"),
  BOARD_MODULE: say("the board's module does not load", "a module of this ABI, and the RAM that it needs", "write one of this version; on an ESP32 the profile compact"),
  BOARD_FLASH: say("a flash region of the board is missing or cannot be used", "five partitions of type 0x53, none of them encrypted", "write the partition table of boards/esp32/example"),
  BOARD_KEY: say("this chip has no key in the eFuse block that its image names", "a block burnt with purpose HMAC_UP", "boards/esp32/README.md says how; it cannot be undone"),
  BOARD_OTHER: say("the device's secrets were sealed by another chip", "the flash that this chip wrote", "put the flash back where it came from; to begin anew as another device erase partition config"),
  BOARD_RADIO: say("the board's radio does not start", "Wi-Fi as menuconfig describes it", "look at network, password, channel and address in idf.py menuconfig"),
};

const numbers = Object.entries({ ...reasons, ...refusals }).filter(
  (entry): entry is [Name, number] => typeof entry[1] === "number",
);
const NAMES = new Map<number, Name>(numbers.map(([name, number]) => [number, name]));

/** The name of a number in reason.ts or refusal.ts; "reason 999" for one without. */
export const reasonName = (number: number): string => NAMES.get(number) ?? `reason ${number}`;

/** Where the documentation explains a number. */
export const anchor = (number: number): string => `ERRORS.md#e${number}`;

export interface Entry extends Words {
  readonly number: number;
  readonly name: string;
}

/** All numbers with their words, ascending. */
export function entries(): Entry[] {
  return numbers.map(([name, number]) => ({ number, name, ...WORDS[name] })).sort((a, b) => a.number - b.number);
}

/** A number as a sentence: what happened, what was expected, what to do, where to read on. */
export function reason(number: number): string {
  const name = NAMES.get(number);
  if (name === undefined && number >= 200 && number < 256)
    return `Reason ${number} is the application's own; its source says what it means and what it takes.`;
  if (name === undefined)
    return `Reason ${number} has no words here: the device runs newer firmware; update this host.`;
  if (name === "OK") return "Accepted.";
  const { what, expected, then } = WORDS[name];
  return `${what[0].toUpperCase()}${what.slice(1)}; expected: ${expected}. To do: ${then} (${anchor(number)}).`;
}

const short = (hex: string): string => hex.slice(0, 8);
const TRANSACTIONS = ["transaction", "transfer", "key registration", "readings"];

type Sentences = { readonly [K in DeviceEvent["kind"]]: (e: Extract<DeviceEvent, { kind: K }>) => string };

// prettier-ignore
const EVENTS: Sentences = {
  identity: (e) => `is device ${e.kid}`,
  commit: (e) => `committed block ${short(e.digest)} at height ${e.height}: view ${e.view}, ${e.txCount} transactions, by device ${e.proposer}`,
  executed: (e) => `executed height ${e.height}: state root ${short(e.root)}, ${e.supply} in all accounts`,
  result: (e) => `${TRANSACTIONS[e.type] ?? TRANSACTIONS[0]} ${short(e.id)} of ${short(e.kid)} ${e.reason === 0 ? "took effect" : `failed (${reasonName(e.reason)})`} at height ${e.height}`,
  voted: (e) => e.vote === "nullify" ? `gave up views ${e.view} to ${e.to}` : `voted to ${e.vote === "finalize" ? "finalize" : "notarize"} block ${short(e.digest)} of view ${e.view}${e.vote === "notarize+finalize" ? ", finalizing its parent" : ""}`,
  view: (e) => `entered view ${e.view}, led by device ${e.leader}`,
  refused: (e) => `refused an input: ${reason(e.reason)}`,
  evidence: (e) => `holds proof that device ${e.signer} lied in view ${e.view}`,
  answer: (e) => `answered a request with ${e.bytes.length} bytes`,
  reading: (e) => `read ${Number(e.value) / 1000} on channel ${e.channel}`,
  recovered: (e) => `recovered at height ${e.finalHeight}, executed up to ${e.executedHeight}${e.observer ? ", as an observer only" : e.member ? ", as a member" : ""}`,
  notarized: (e) => `holds a quorum for block ${short(e.digest)} of view ${e.view}`,
  submitted: (e) => `submitted transaction ${short(e.id)}`,
  trusted: (e) => `trusts height ${e.height} of view ${e.view}, block ${short(e.digest)}, and state root ${short(e.root)} after height ${e.executedHeight}`,
  settled: (e) => `sees the nonce of its transaction ${short(e.id)} spent at height ${e.height}`,
  unknown: (e) => `said something newer than this host: event ${e.number} with ${e.bytes.length} bytes`,
};

/** An event as the predicate of a sentence whose subject is the device. */
export function event(e: DeviceEvent): string {
  return (EVENTS[e.kind] as (e: DeviceEvent) => string)(e);
}
