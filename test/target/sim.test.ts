// A simulated fleet as a target: what is asked is answered, what is done is on the tape, and the tape makes the same fleet again,
// up to a time, from where it goes another way.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as request from "../../firmware/wire/request.ts";
import { hex, u32 } from "../../host/device/bytes.ts";
import type { Deed } from "../../host/tape/deed.ts";
import * as facts from "../../host/tape/fleet.ts";
import * as tapes from "../../host/tape/tape.ts";
import * as query from "../../host/target/query.ts";
import { hear, Seen, seenOf } from "../../host/target/seen.ts";
import { Ledger } from "../../host/target/probe.ts";
import { Sim, type Options } from "../../host/target/sim.ts";
import type { Reply, Target } from "../../host/target/target.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { device } from "../fleet/wasm.ts";

const wasm = await device();
const fleet = (more: Partial<Options> = {}): Sim => Sim.start({ n: 4, seed: 1, engine: "v8", wasm, ...more });

/** The number that work is refused with; -1 when it is not. */
async function refused(work: () => Promise<unknown>): Promise<number> {
  try {
    await work();
    return -1;
  } catch (error) {
    if (error instanceof refusal.Refused) return error.number;
    throw error;
  }
}

/** Everything on a tape but keyframes, by type and content: what a repetition must make again. */
const told = (bytes: Uint8Array): string[] =>
  tapes
    .parse(bytes)
    .filter(({ type }) => type !== facts.PAGE)
    .map(({ type, payload }) => `${type} ${hex(payload)}`);

test("a request is answered, a payment gets its id, and becomes what the id says it is", async () => {
  const sim = fleet();
  await sim.advance(2_000);
  const { reason, answer, submitted } = await sim.request(2, Uint8Array.of(request.STATUS));
  assert.is(reason, 0);
  assert.is(answer![0], request.STATUS);
  assert.is(answer![1], 4);
  assert.is(answer![2], 2);
  assert.is(u32(answer!, 12), seenOf(sim.log).devices[2].height);
  assert.is(submitted, null);
  const paid = await sim.request(0, query.pay(sim.log.header!.kids[1], 5n, 1n));
  assert.match(paid.submitted!, /^[0-9a-f]{16}$/);
  await sim.advance(2_000);
  assert.equal([...seenOf(sim.log).results.get(paid.submitted!)!.devices].sort(), [0, 1, 2, 3]);
  const told = await sim.request(1, Uint8Array.of(99));
  assert.ok(told.reason > 0 && told.answer === null);
  await sim.close();
});

test("whom nobody can ask is refused by number, and nothing is on the tape", async () => {
  const sim = fleet();
  await sim.advance(1_000);
  await sim.do({ do: "kill", device: 3 });
  assert.not.ok(sim.up(3));
  const before = sim.log.bytes().length;
  assert.is(await refused(() => sim.request(3, Uint8Array.of(request.STATUS))), refusal.DEVICE_DOWN);
  assert.is(await refused(() => sim.request(4, Uint8Array.of(request.STATUS))), refusal.DEED_DEVICE);
  assert.is(await refused(() => sim.do({ do: "slow", device: 1, ms: -1 })), refusal.DEED_FIELD);
  assert.is(await refused(() => sim.do({ do: "explode" } as unknown as Deed)), refusal.DEED_UNKNOWN);
  assert.is(sim.log.bytes().length, before);
  await sim.close();
  assert.is(await refused(() => sim.do({ do: "heal" })), refusal.FLEET_OVER);
  assert.is(await refused(() => sim.advance(1)), refusal.FLEET_OVER);
});

test("a fork is the same fleet up to its time, in what it said and did; then it goes its own way, and the old one its own", async () => {
  const sim = fleet({ faults: ["loss", "delay"], traffic: 2 });
  await sim.advance(3_000);
  await sim.do({ do: "kill", device: 1 });
  await sim.advance(2_500);
  await sim.do({ do: "split", groups: [[0, 2], [3]] });
  await sim.advance(2_000);
  const atUs = 6_250_000;
  const seen: number[] = [];
  const fork = await sim.fork(atUs, (us) => seen.push(us));
  assert.is(fork.nowMs, 6_250);
  assert.is(seen.at(-1), atUs);
  const past = told(sim.log.bytes()).filter((line) => {
    const fact = facts.decode(Number(line.split(" ")[0]), new Uint8Array(Buffer.from(line.split(" ")[1], "hex")));
    return fact === null || !("atUs" in fact) || fact.atUs <= atUs;
  });
  assert.equal(told(fork.log.bytes()), past);
  // The same deeds lead to the same end, others to another one.
  await fork.advance(1_250);
  assert.is(fork.traceHash, sim.traceHash);
  await fork.do({ do: "heal" });
  await fork.do({ do: "restart", device: 1 });
  await Promise.all([fork.advance(3_000), sim.advance(3_000)]);
  assert.is.not(fork.traceHash, sim.traceHash);
  assert.ok(seenOf(fork.log).height > seenOf(sim.log).height, "healed it goes on, split it does not");
  for (const badUs of [-1, 1e12]) assert.is(await refused(() => sim.fork(badUs)), refusal.HTTP_FORK);
  await fork.close();
  await sim.close();
});

test("what is seen of a log that grows is what is seen of its bytes afterwards", async () => {
  const sim = fleet({ faults: ["cut", "torn"] });
  await sim.advance(4_000);
  await sim.do({ do: "corrupt", device: 0, rate: 0.5 });
  await sim.do({ do: "slow", device: 1, ms: 50 });
  await sim.do({ do: "split", groups: [[0, 1, 2], [3]] });
  await sim.advance(4_000);
  const live = seenOf(sim.log);
  assert.is(seenOf(sim.log), live);
  const late = new Seen();
  hear(sim.log, (fact) => late.hear(fact))();
  assert.equal(late.devices, live.devices);
  assert.equal(late.roots, live.roots);
  assert.equal(late.split, [[0, 1, 2], [3]]);
  assert.is(late.height, live.height);
  // What the fleet itself knows, seen from outside.
  sim.fleet.stations.forEach((station, i) => {
    assert.is(live.devices[i].up, station.on);
    assert.is(live.devices[i].height, sim.fleet.watch.status[i].height);
  });
  await sim.close();
});

test("balances read from keyframes are those that a device proves", async () => {
  const sim = fleet({ traffic: 3 });
  await sim.advance(6_000);
  const seen = seenOf(sim.log);
  const ledger = new Ledger(seen);
  for (let device = 0; device < 4; device++) await sim.do({ do: "kill", device }); // nothing changes any more
  const shown = ledger.balances(query.kids(sim));
  assert.is(shown, null, "a device that is down shows nothing");
  for (let device = 0; device < 4; device++) await sim.do({ do: "restart", device });
  await sim.advance(5_000);
  const nowMs = Math.floor(sim.nowMs / 1000) * 1000;
  const fork = await sim.fork(nowMs * 1000); // exactly at a keyframe
  await fork.advance(0.001);
  const at = new Ledger(seenOf(fork.log));
  const balances = at.balances(query.kids(fork))!;
  const devices = seenOf(fork.log).devices;
  const best = devices.findIndex(({ executed }) => executed === Math.max(...devices.map((each) => each.executed)));
  for (let device = 0; device < 4; device++) {
    const proven = await query.look(fork, best, "account", String(device));
    assert.is(String(balances[device]), proven.balance);
  }
  assert.is(balances.reduce((a, b) => a + b, 0n), 4_000_000n); // prettier-ignore
  ledger.close();
  at.close();
  await fork.close();
  await sim.close();
});

test("a device that proves something else is refused, with PROOF_WRONG", async () => {
  const sim = fleet();
  await sim.advance(2_000);
  const liar: Target = Object.create(sim, {
    log: { value: sim.log },
    n: { value: 4 },
    request: {
      value: async (device: number, bytes: Uint8Array): Promise<Reply> => {
        const reply = await sim.request(device, bytes);
        if (bytes[0] === request.QUERY) reply.answer![reply.answer!.length - 1] ^= 1; // a balance, say
        return reply;
      },
    },
  });
  assert.is((await query.look(sim, 0, "account", "1")).proofHolds, true);
  assert.is(await refused(() => query.look(liar, 0, "account", "1")), refusal.PROOF_WRONG);
  const mute: Target = Object.create(liar, {
    request: { value: async (): Promise<Reply> => ({ reason: 0, answer: null, submitted: null }) },
  });
  assert.is(await refused(() => query.look(mute, 0, "status")), refusal.NO_ANSWER);
  assert.is(await refused(() => query.look(sim, 0, "account", "9")), refusal.DEED_DEVICE);
  assert.is(await refused(() => query.look(sim, 0, "account", "you")), refusal.DEED_FIELD);
  await sim.close();
});

test.run();
