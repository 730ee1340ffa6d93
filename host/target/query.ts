// State of a fleet by name: a device is asked, and its answer is checked before anybody sees it.
//
//   status            the cell's name, epoch, view, heights, state root
//   account WHOM      balance and nonce          WHOM: a key id of 16 hex digits, or the number of a device
//   key WHOM          the registered public key
//   readings WHOM     Merkle root, number and height of the newest batch of readings
//
// Rule: a value is given only with a proof that host/client verified against the state root; how many devices reported this root
// for this height is said beside it. A proof that does not hold is refused (PROOF_WRONG).

import * as request from "../../firmware/wire/request.ts";
import * as client from "../client/client.ts";
import { fromHex, hex, putU64, u16, u32 } from "../device/bytes.ts";
import * as refusal from "../wire/refusal.ts";
import * as words from "../wire/words.ts";
import { seenOf } from "./seen.ts";
import type { Reply, Target } from "./target.ts";

export type Topic = "status" | "account" | "key" | "readings";
export const TOPICS: readonly Topic[] = ["status", "account", "key", "readings"];

export interface Status {
  readonly epoch: number;
  readonly view: number;
  readonly finalHeight: number;
  readonly executedHeight: number;
  readonly stateRoot: string;
}

/** A reply's answer; throws Refused with the device's own reason when it gave none. */
function answered(device: number, { reason, answer }: Reply): Uint8Array {
  if (reason !== 0) throw new refusal.Refused(reason, `device ${device} refuses the request: ${words.reason(reason)}`);
  if (answer === null) throw new refusal.Refused(refusal.NO_ANSWER, `device ${device} gave no answer`);
  return answer;
}

/** What a device says of itself. */
export async function status(target: Target, device: number): Promise<Status> {
  const answer = answered(device, await target.request(device, Uint8Array.of(request.STATUS)));
  const [epoch, view, finalHeight, executedHeight] = [4, 8, 12, 16].map((at) => u32(answer, at));
  return { epoch, view, finalHeight, executedHeight, stateRoot: hex(answer, 24, 56) };
}

/** Key ids of the devices of a fleet, hex. */
export const kids = (target: Target): readonly string[] => target.log.header?.kids ?? [];

/** The key id that a word names: hex, or the number of a device. Throws Refused. */
export function whom(target: Target, word: string): string {
  if (/^[0-9a-f]{16}$/i.test(word)) return word.toLowerCase();
  if (!/^\d{1,4}$/.test(word))
    throw new refusal.Refused(
      refusal.DEED_FIELD,
      `whom: a key id of 16 hex digits or the number of a device, not "${word.slice(0, 40)}"`,
    );
  const kid = kids(target)[Number(word)];
  if (kid === undefined)
    throw new refusal.Refused(refusal.DEED_DEVICE, `device ${word} of a fleet of ${target.n}, 0 to ${target.n - 1}`);
  return kid;
}

/** A PAY request: the device pays `amount` to the account `kid` (hex). */
export function pay(kid: string, amount: bigint, fee: bigint): Uint8Array {
  const bytes = new Uint8Array(25);
  bytes[0] = request.PAY;
  bytes.set(fromHex(kid), 1);
  putU64(bytes, 9, amount);
  putU64(bytes, 17, fee);
  return bytes;
}

/** A request of this kind with content. */
export function asked(op: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + content.length);
  bytes[0] = op;
  bytes.set(content, 1);
  return bytes;
}

/** The proven value of a state key under `root`, or null when the state has none. Throws Refused PROOF_WRONG. */
export async function proven(
  target: Target,
  device: number,
  key: Uint8Array,
  root: string,
): Promise<{ value: Uint8Array | null; proofBytes: number }> {
  const answer = answered(device, await target.request(device, asked(request.QUERY, key)));
  try {
    const proof = answer.subarray(4 + u16(answer, 2));
    return { value: client.verifyProof(fromHex(root), key, proof), proofBytes: proof.length };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new refusal.Refused(refusal.PROOF_WRONG, `device ${device} gave a proof that does not hold: ${why}`);
  }
}

/** What a value says. */
function read(topic: Topic, value: Uint8Array): Record<string, string | number> {
  if (topic === "account") {
    const { balance, nonce } = client.account(value);
    return { balance: String(balance), nonce: String(nonce) };
  }
  if (topic === "key") return { publicKey: hex(value, 0, 32) };
  const { root, readings, height } = client.batch(value);
  return { merkleRoot: hex(root), readings, height };
}

const KEYS = { account: client.accountKey, key: client.publicKey, readings: client.readingsKey };
const TRIES = 5;

/**
 * Looks a topic up at a device; plain JSON. Throws Refused. Status and value are two requests: when a block is executed between
 * them, which happens to processes, both are asked again.
 */
export async function look(
  target: Target,
  device: number,
  topic: Topic,
  word?: string,
): Promise<Record<string, unknown>> {
  const seen = seenOf(target.log);
  const kid = topic === "status" ? "" : whom(target, word ?? "");
  for (let tries = 1; ; tries++) {
    const { stateRoot, executedHeight, ...rest } = await status(target, device);
    const where = {
      device,
      ...rest,
      executedHeight,
      stateRoot,
      devicesWithThisRoot: seen.withRoot(executedHeight, stateRoot),
    };
    if (topic === "status") return { cell: target.log.header?.cell, ...where };
    try {
      const { value, proofBytes } = await proven(target, device, KEYS[topic](fromHex(kid)), stateRoot);
      return {
        kid,
        found: value !== null,
        ...(value ? read(topic, value) : {}),
        proofBytes,
        proofHolds: true,
        ...where,
      };
    } catch (error) {
      const moved = error instanceof refusal.Refused && error.number === refusal.PROOF_WRONG && tries < TRIES;
      if (!moved || (await status(target, device)).stateRoot === stateRoot) throw error;
    }
  }
}
