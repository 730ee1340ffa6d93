// Events as objects: the bytes of an EVENT effect (firmware/wire/event.ts), for whoever watches a device.
//
// Ids, keys and digests are lower-case hex. Unknown kinds and short contents give kind "unknown": watching never fails.

import { hex } from "./bytes.ts";
import * as event from "../../firmware/wire/event.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as vote from "../../firmware/wire/vote.ts";

export type Vote = "notarize" | "notarize+finalize" | "finalize" | "nullify";

export type DeviceEvent =
  | { kind: "identity"; publicKey: string; kid: string }
  | { kind: "commit"; height: number; view: number; time: number; txCount: number; proposer: number; digest: string }
  | { kind: "executed"; height: number; root: string; supply: bigint }
  | { kind: "result"; height: number; index: number; reason: number; id: string; type: number; kid: string }
  | { kind: "voted"; vote: Vote; signer: number; epoch: number; view: number; to: number; digest: string }
  | { kind: "view"; view: number; leader: number; notarized: number }
  | { kind: "refused"; reason: number; context: number; detail: number }
  | { kind: "evidence"; signer: number; view: number }
  | { kind: "answer"; bytes: Uint8Array }
  | { kind: "reading"; channel: number; value: bigint }
  | { kind: "recovered"; finalHeight: number; executedHeight: number; view: number; observer: boolean; member: boolean }
  | { kind: "notarized"; view: number; height: number; digest: string }
  | { kind: "submitted"; id: string }
  | {
      kind: "trusted";
      height: number;
      view: number;
      executedHeight: number;
      time: number;
      digest: string;
      root: string;
    }
  | { kind: "settled"; id: string; height: number }
  | { kind: "unknown"; number: number; bytes: Uint8Array };

type Decoder = (at: DataView, hex: (from: number, to: number) => string, bytes: Uint8Array) => DeviceEvent;

const VOTES: Record<number, Vote> = {
  [kind.NOTARIZE]: "notarize",
  [kind.NOTARIZE_F]: "notarize+finalize",
  [kind.FINALIZE]: "finalize",
  [kind.NULLIFY]: "nullify",
};

function voted(at: DataView, hex: (from: number, to: number) => string): DeviceEvent {
  const word = VOTES[at.getUint8(vote.KIND)] ?? "nullify";
  const view = at.getUint32(vote.VIEW, true);
  return {
    kind: "voted",
    vote: word,
    signer: at.getUint8(vote.SIGNER),
    epoch: at.getUint32(vote.EPOCH, true),
    view,
    to: word === "nullify" ? at.getUint32(vote.TO, true) : view,
    digest: word === "nullify" ? "" : hex(vote.DIGEST, vote.DIGEST + 32),
  };
}

// prettier-ignore
const DECODERS: Record<number, [size: number, decode: Decoder]> = {
  [event.IDENTITY]: [40, (_, hex) => ({ kind: "identity", publicKey: hex(0, 32), kid: hex(32, 40) })],
  [event.COMMIT]: [48, (at, hex) => ({
    kind: "commit", height: at.getUint32(0, true), view: at.getUint32(4, true), time: at.getUint32(8, true),
    txCount: at.getUint16(12, true), proposer: at.getUint8(14), digest: hex(16, 48),
  })],
  [event.EXECUTED]: [48, (at, hex) => ({
    kind: "executed", height: at.getUint32(0, true), root: hex(8, 40), supply: at.getBigUint64(40, true),
  })],
  [event.RESULT]: [32, (at, hex) => ({
    kind: "result", height: at.getUint32(0, true), index: at.getUint16(4, true), reason: at.getUint16(6, true),
    id: hex(8, 16), type: at.getUint8(16), kid: hex(24, 32),
  })],
  [event.VOTED]: [vote.NULLIFY_SIZE, voted],
  [event.VIEW]: [12, (at) => ({
    kind: "view", view: at.getUint32(0, true), leader: at.getUint8(4), notarized: at.getUint32(8, true),
  })],
  [event.REFUSED]: [8, (at) => ({
    kind: "refused", reason: at.getUint16(0, true), context: at.getUint16(2, true), detail: at.getUint32(4, true),
  })],
  [event.EVIDENCE]: [8, (at) => ({ kind: "evidence", signer: at.getUint8(0), view: at.getUint32(4, true) })],
  [event.ANSWER]: [0, (_at, _hex, bytes) => ({ kind: "answer", bytes })],
  [event.READING]: [16, (at) => ({ kind: "reading", channel: at.getUint32(0, true), value: at.getBigInt64(8, true) })],
  [event.RECOVERED]: [16, (at) => ({
    kind: "recovered", finalHeight: at.getUint32(0, true), executedHeight: at.getUint32(4, true),
    view: at.getUint32(8, true), observer: (at.getUint32(12, true) & 1) !== 0,
    member: (at.getUint32(12, true) & 2) !== 0,
  })],
  [event.NOTARIZED]: [40, (at, hex) => ({
    kind: "notarized", view: at.getUint32(0, true), height: at.getUint32(4, true), digest: hex(8, 40),
  })],
  [event.SUBMITTED]: [8, (_, hex) => ({ kind: "submitted", id: hex(0, 8) })],
  [event.TRUSTED]: [80, (at, hex) => ({
    kind: "trusted", height: at.getUint32(0, true), view: at.getUint32(4, true),
    executedHeight: at.getUint32(8, true), time: at.getUint32(12, true), digest: hex(16, 48), root: hex(48, 80),
  })],
  [event.SETTLED]: [12, (at, hex) => ({ kind: "settled", id: hex(0, 8), height: at.getUint32(8, true) })],
};

/** The event of this kind and content. */
export function decode(number: number, bytes: Uint8Array): DeviceEvent {
  const decoder = DECODERS[number];
  if (decoder === undefined || bytes.length < decoder[0]) return { kind: "unknown", number, bytes };
  const at = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return decoder[1](at, (from, to) => hex(bytes, from, to), bytes);
}
