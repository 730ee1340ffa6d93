// What a frame on the air says: the vote in it, if there is one.
//
//   frame ── whole object ──> a vote, or a proposal, which carries its leader's NOTARIZE
//         └─ first fragment ──> a proposal's header, when that fits
//
// The checker reads frames as the flash does: as bytes, with the layouts of firmware/wire, asking no device what it meant.

import { latin1, u32 } from "../device/bytes.ts";
import * as frame from "../../firmware/wire/frame.ts";
import * as header from "../../firmware/wire/header.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as proposal from "../../firmware/wire/proposal.ts";
import * as vote from "../../firmware/wire/vote.ts";

export interface AirVote {
  /** kind.NOTARIZE, NOTARIZE_F, FINALIZE or NULLIFY. */
  readonly kind: number;
  readonly signer: number;
  /** The view, or the first view of a NULLIFY's range. */
  readonly view: number;
  /** The last view of a NULLIFY's range; `view` for the others. */
  readonly to: number;
  /** Digest as a latin1 string of 32; "" for a NULLIFY, and for a proposal, whose header names the block. */
  readonly digest: string;
  /** The header of a proposal as a latin1 string of 128; "" for the others. */
  readonly header: string;
}

/** Kind of the object that a frame carries or begins; 0 for later fragments and for what is no frame. */
export function objectKind(f: Uint8Array): number {
  if (f.length <= frame.OVERHEAD || f[frame.MAGIC] !== frame.MAGIC_1) return 0;
  if (f[frame.TYPE] === frame.WHOLE) return f[frame.PAYLOAD];
  if (f[frame.TYPE] !== frame.FRAGMENT || f.length <= frame.FRAGMENT_OVERHEAD) return 0;
  return f[frame.FRAGMENT_INDEX] === 0 ? f[frame.FRAGMENT_BYTES] : 0;
}

/** The vote that a frame carries, or null. */
export function voteIn(f: Uint8Array): AirVote | null {
  const k = objectKind(f);
  if (k === 0 || k > kind.PROPOSAL) return null;
  const whole = f[frame.TYPE] === frame.WHOLE;
  const p = whole ? frame.PAYLOAD : frame.FRAGMENT_BYTES;
  const end = f.length - frame.MAC_SIZE;
  if (k === kind.PROPOSAL) return end - p < proposal.HEADER + header.SIZE ? null : leaderVote(f, p);
  if (!whole || end - p !== (k === kind.NULLIFY ? vote.NULLIFY_SIZE : vote.SIZE)) return null;
  const view = u32(f, p + vote.VIEW);
  return {
    kind: k,
    signer: f[p + vote.SIGNER],
    view,
    to: k === kind.NULLIFY ? u32(f, p + vote.TO) : view,
    digest: k === kind.NULLIFY ? "" : latin1(f, p + vote.DIGEST, p + vote.DIGEST + 32),
    header: "",
  };
}

function leaderVote(f: Uint8Array, p: number): AirVote {
  const at = p + proposal.HEADER;
  const view = u32(f, at + header.VIEW);
  return {
    kind: f[p + proposal.F] === 0 ? kind.NOTARIZE : kind.NOTARIZE_F,
    signer: f[at + header.PROPOSER],
    view,
    to: view,
    digest: "",
    header: latin1(f, at, at + header.SIZE),
  };
}
