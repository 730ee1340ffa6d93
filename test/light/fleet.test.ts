// Members in a simulated cell: four validators and two members on a radio that loses a fifth of all frames, 250 bytes each. They follow,
// their readings commit, a balance is proved to them; they never count towards a quorum; power cuts set none of them back.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as event from "../../firmware/wire/event.ts";
import * as record from "../../firmware/wire/record.ts";
import * as request from "../../firmware/wire/request.ts";
import * as client from "../../host/client/client.ts";
import { fromHex, hex, u32 } from "../../host/device/bytes.ts";
import type { Engine } from "../../host/device/device.ts";
import { Fleet, type Options } from "../../host/fleet/fleet.ts";
import type { FleetEvent } from "../../host/fleet/watch.ts";
import { Log } from "../../host/tape/log.ts";
import * as rerun from "../../host/fleet/rerun.ts";
import { binding } from "../boards/board.ts";
import { device, member } from "../fleet/wasm.ts";

const wasm = await device();
const memberWasm = await member();
const N = 4;
const LOSS = { what: "loss", atMs: 400, untilMs: 1e9, seed: 5, rate: 0.2 } as const;

function fleetOf(more: Partial<Options> = {}): Fleet {
  const options: Options = { n: N, members: 2, seed: 3, engine: "v8", wasm, memberWasm, mtu: 250, traffic: 0.3 };
  return new Fleet({ ...options, strikes: [LOSS], ...more });
}

/** What members said, by kind of event. */
function listen(fleet: Fleet): Map<string, FleetEvent[]> {
  const heard = new Map<string, FleetEvent[]>();
  fleet.on((e) => {
    if (e.device < N || e.said.what !== "event") return;
    const { kind } = e.said.event;
    heard.set(kind, [...(heard.get(kind) ?? []), e]);
  });
  return heard;
}

const sound = (fleet: Fleet): void =>
  assert.equal(
    fleet.violations.map((v) => v.sentence),
    [],
  );

test("members follow the final height, their readings commit, and the nonce of each is proved spent", () => {
  const fleet = fleetOf();
  const heard = listen(fleet);
  let most = 0;
  for (let at = 20_000; at <= 120_000; at += 1000) {
    fleet.run(at);
    for (let i = N; i < N + 2; i++) most = Math.max(most, fleet.watch.stats.height - fleet.watch.status[i].height);
  }
  sound(fleet);
  assert.ok(fleet.watch.stats.height > 100, `height ${fleet.watch.stats.height}`);
  assert.ok(most <= 24, `a member was ${most} heights behind`);
  const submitted = heard.get("submitted")!.length;
  const settled = heard.get("settled")!.length;
  assert.ok(settled > 60 && settled >= submitted - 8, `${settled} of ${submitted} settled`);
  console.log(
    `note: 120 s at 20 % loss: height ${fleet.watch.stats.height}, at most ${most} behind, ${settled} of ${submitted} settled`,
  );
  const found: number[] = []; // by a validator: the newest readings of each member
  fleet.on(({ device: from, said }) => {
    if (from === 0 && said.what === "event" && said.event.kind === "answer") found.push(said.event.bytes[1]);
  });
  for (let i = N; i < N + 2; i++)
    fleet.ask(0, Uint8Array.of(request.QUERY, ...client.readingsKey(fromHex(fleet.device(i).kid))));
  assert.equal(found, [1, 1]);
  fleet.close();
});

test("a balance is proved to a member, under the root that validators have", () => {
  const fleet = fleetOf();
  const answers: Uint8Array[] = [];
  const roots = new Set<string>();
  fleet.on(({ device: from, said }) => {
    if (said.what !== "event") return;
    if (from === N && said.event.kind === "answer") answers.push(said.event.bytes);
    if (from < N && said.event.kind === "executed") roots.add(said.event.root);
  });
  fleet.run(30_000);
  const key = client.accountKey(fromHex(fleet.device(2).kid));
  assert.is(fleet.ask(N, Uint8Array.of(request.QUERY, ...key)), 0);
  fleet.run(() => answers.length > 0, 60_000);
  sound(fleet);
  assert.is(answers.length, 1, "no answer in 30 s");
  const [answer] = answers;
  const proof = answer.slice(4 + answer[2]);
  const value = answer.slice(4, 4 + answer[2]);
  const root = [...roots].find((r) => {
    try {
      return hex(client.verifyProof(fromHex(r), key, proof)!) === hex(value);
    } catch {
      return false;
    }
  });
  assert.ok(root !== undefined, "the proof leads to a root that a validator had");
  assert.is(value.length, 16);
  fleet.close();
});

test("members are no quorum: with two of four validators down nothing becomes final, whoever else is there", () => {
  const fleet = fleetOf({ strikes: [] });
  fleet.run(20_000);
  fleet.device(0).kill();
  fleet.device(1).kill();
  fleet.run(25_000);
  const { height } = fleet.watch.stats;
  fleet.run(85_000);
  assert.is(fleet.watch.stats.height, height);
  for (let i = N; i < N + 2; i++) assert.ok(fleet.watch.status[i].height <= height);
  fleet.device(0).restart();
  assert.ok(
    fleet.run(() => fleet.watch.stats.height > height + 3, 200_000),
    "three validators are",
  );
  sound(fleet);
  fleet.close();
});

test("a member that loses power comes back where it was, by its own flash", () => {
  const fleet = fleetOf();
  const back: number[] = [];
  fleet.on(({ device: from, said }) => {
    if (from === N && said.what === "event" && said.event.kind === "recovered") back.push(said.event.finalHeight);
  });
  let last = 0;
  for (let round = 1; round <= 12; round++) {
    fleet.run(8000 * round);
    const before = fleet.watch.status[N].height;
    if (round % 3 === 0) fleet.device(N).kill();
    else if (round % 3 === 1) fleet.device(N).cut(1, null);
    else fleet.device(N).tear(0, 20 * round, null); // in the middle of its next record
    fleet.run(() => !fleet.device(N).up, 8000 * round + 4000);
    back.length = 0;
    fleet.device(N).restart();
    assert.ok(back[0] > before - 40 && back[0] >= last, `round ${round}: from ${before} to ${back[0]}, once ${last}`);
    last = back[0];
  }
  assert.ok(fleet.run(() => fleet.watch.status[N].height > last + 20, 200_000));
  sound(fleet);
  fleet.close();
});

test("with villains and all faults among the validators, members trust nothing that is not so", () => {
  for (const seed of [11, 12]) {
    const faults = ["loss", "burst", "duplication", "delay", "reorder", "corruption", "cut", "torn"] as const;
    const villains = [{ device: 1, kind: "equivocator" }] as const;
    const fleet = fleetOf({ seed, strikes: undefined, faults, villains });
    const heard = listen(fleet);
    fleet.run(40_000);
    sound(fleet);
    assert.ok(heard.get("trusted")!.length > 5, `seed ${seed}: ${heard.get("trusted")?.length} certificates`);
    fleet.close();
  }
});

test("a member is no liar to be made, and has a number like any device", () => {
  const fleet = fleetOf();
  fleet.run(2000);
  assert.throws(() => fleet.device(N).lie(), /is a member: it has no vote to lie with/);
  assert.throws(() => fleet.do({ do: "kill", device: N + 2 }));
  fleet.close();
});

test("two runs, both engines and the repetition of a tape give the same", async () => {
  await binding();
  const log = new Log();
  const hash = (engine: Engine, more: Partial<Options> = {}): string => {
    const fleet = fleetOf({ engine, ...more });
    fleet.run(20_000);
    fleet.close();
    return fleet.traceHash;
  };
  const once = hash("v8");
  assert.is(hash("v8"), once);
  assert.is(hash("wasm3"), once);
  assert.is(hash("v8", { log }), once);
  for (const engine of ["v8", "wasm3"] as const) {
    const again = new rerun.Repetition(rerun.read(log.bytes()), { engine });
    again.finish();
    assert.is(again.differs, null);
    assert.ok(again.pages > 50, `${again.pages} keyframes compared`);
    assert.is(again.fleet.traceHash, once);
    again.fleet.close();
  }
});

test("the checker sees a member that votes, and one that trusts what is not so", () => {
  const fleet = fleetOf({ strikes: [], stopOnViolation: false });
  fleet.run(10_000);
  sound(fleet);
  const watched = fleet.stations[N].watched!;
  const trusted = new Uint8Array(80).fill(7);
  watched.event(event.TRUSTED, trusted);
  assert.equal([...new Set(fleet.violations.map((v) => v.rule))], ["member"]);
  assert.is(fleet.violations.length, 2, "a block that no quorum finalized, and a state that nobody executed");
  let frame: Uint8Array | null = null;
  const { watched: theirs } = fleet.stations[0];
  const sent = theirs!.sent.bind(theirs);
  theirs!.sent = (f) => {
    if (f.length === 126 && f[12] >= 1 && f[12] <= 3) frame = f.slice();
    sent(f);
  };
  fleet.run(() => frame !== null, 60_000);
  watched.sent(frame!);
  assert.match(fleet.violations[2].sentence, /device 4 sent a vote of validator 0/);
  assert.is(u32(fleet.device(N).flash(record.REGION_JOURNAL), 0), 0xffffffff);
  fleet.close();
});

test.run();
