// Fleet tapes repeated: exactly, in every engine, to any time; and a tape that was changed is found out.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as campaign from "../../host/fleet/campaign.ts";
import { NAMES } from "../../host/fleet/faults.ts";
import { Fleet } from "../../host/fleet/fleet.ts";
import * as rerun from "../../host/fleet/rerun.ts";
import { Rng } from "../../host/fleet/rng.ts";
import * as facts from "../../host/tape/fleet.ts";
import { Log } from "../../host/tape/log.ts";
import * as tape from "../../host/tape/tape.ts";
import { engines } from "../wasm.ts";
import { device } from "./wasm.ts";

const wasm = await device();
if (engines.includes("wasm3")) await import("../../host/device/wasm3.ts");

/** A hand that does things to a fleet at odd moments: between runs, in the middle of an instant, from a schedule. */
function meddle(fleet: Fleet, seed: number, untilMs: number): void {
  const rng = new Rng(seed, "meddle");
  const acts = [
    () => fleet.device(rng.below(fleet.n)).kill(),
    () => fleet.device(rng.below(fleet.n)).restart(),
    () => fleet.partition([[0, 2], [1, 3]]), // prettier-ignore
    () => fleet.heal(),
    () => fleet.device(rng.below(fleet.n)).slow(rng.below(300)),
    () => fleet.device(rng.below(fleet.n)).corrupt(rng.chance(0.5) ? 0 : 0.3),
    () => fleet.device(rng.below(fleet.n)).pay(0, 5n),
  ];
  fleet.after(1700, () => fleet.device(1).kill());
  fleet.device(1).restart(2100);
  fleet.after(3333.3, () => fleet.device(2).lie());
  while (fleet.nowMs < untilMs) {
    if (rng.chance(0.5)) fleet.run(fleet.nowMs + 300 * rng.real());
    else {
      const frames = fleet.watch.stats.frames + rng.below(20);
      fleet.run(() => fleet.watch.stats.frames >= frames, fleet.nowMs + 200);
    }
    rng.pick(acts)();
  }
}

/** The tape of a fleet that somebody meddled with. */
function recorded(seed = 3): { bytes: Uint8Array; hash: string } {
  const log = new Log();
  const fleet = new Fleet({
    n: 4,
    seed,
    engine: "v8",
    wasm,
    log,
    traffic: 2,
    faults: ["loss", "crash"],
    keyframeMs: 400,
  });
  meddle(fleet, seed, 6000);
  fleet.close();
  return { bytes: log.bytes(), hash: fleet.traceHash };
}

const { bytes, hash } = recorded();

/** The tape with a record changed. */
function changed(type: number, i: number, change: (payload: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  change(tape.parse(copy).filter((record) => record.type === type)[i].payload);
  return copy;
}

function repeated(of: Uint8Array, options: rerun.Options = {}): rerun.Repetition {
  const again = new rerun.Repetition(rerun.read(of), options);
  again.finish();
  again.fleet.close();
  return again;
}

for (const engine of engines)
  test(`a fleet that somebody meddled with repeats to the byte in ${engine}: pages, trace hash, deeds`, () => {
    const log = new Log();
    const again = repeated(bytes, { engine, log });
    assert.is(again.differs, null);
    assert.is(again.fleet.traceHash, hash);
    assert.ok(again.pages > 20, `${again.pages} pages compared`);
    if (engine === "v8") assert.equal(log.bytes(), bytes, "its own tape is the same tape");
  });

test("seeds of meddling all repeat", () => {
  for (let seed = 4; seed < 8; seed++) {
    const one = recorded(seed);
    const again = repeated(one.bytes);
    assert.is(again.differs, null, `seed ${seed}`);
    assert.is(again.fleet.traceHash, one.hash);
  }
});

test("a fork: repeated to a time, a fleet is what it was then and goes its own way", () => {
  const seen: number[] = [];
  const fork = rerun.repeat(bytes, { untilUs: 4_000_000, log: new Log(), progress: (atUs) => void seen.push(atUs) });
  assert.is(fork.nowMs, 4000);
  assert.ok(seen.length >= 8 && seen.every((at, i) => i === 0 || at >= seen[i - 1]), "progress was told");
  const stay = rerun.repeat(bytes, { untilUs: 4_000_000 });
  assert.is(fork.traceHash, stay.traceHash);
  for (const i of [0, 1, 2, 3]) assert.equal(fork.device(i).memory()?.slice(), stay.device(i).memory()?.slice());
  fork.heal();
  for (const i of [0, 1, 2, 3]) fork.device(i).restart();
  const before = fork.watch.stats.height;
  assert.ok(fork.run(() => fork.watch.stats.height > before + 3, 120_000), "it lives"); // prettier-ignore
  fork.close();
  stay.close();
});

test("a fork of a fork: the tape of a fork repeats the fork", () => {
  const log = new Log();
  const fork = rerun.repeat(bytes, { untilUs: 2_500_000, log });
  fork.heal();
  fork.run(5000);
  fork.device(0).kill();
  fork.run(6000);
  fork.close();
  const again = repeated(log.bytes());
  assert.is(again.differs, null);
  assert.is(again.fleet.traceHash, fork.traceHash);
});

test("a changed page, deed or hash on the tape is found, and where", () => {
  const pages = tape.parse(bytes).filter(({ type }) => type === facts.PAGE);
  const odd = pages.findIndex(({ payload }) => payload.length > 200);
  const page = repeated(changed(facts.PAGE, odd, (payload) => (payload[40] ^= 1)));
  assert.match(page.differs!, /^[\d.]+ s: device \d.*: memory differs, first at 0x[0-9a-f]{4}$/);
  const end = repeated(changed(tape.END, 0, (payload) => (payload[0] ^= 1)));
  assert.match(end.differs!, /the trace hash is/);
  const kill = rerun.read(bytes).deeds.findIndex((fact) => fact.deed.do === "kill"); // ... "device":1}
  const nobody = repeated(changed(facts.DEED, kill, (payload) => (payload[payload.length - 2] = 0x37)));
  assert.match(nobody.differs!, /device 7 of a fleet of 4, where on the tape/);
  const deed = repeated(changed(facts.DEED, 0, (payload) => (payload[8] ^= 3)));
  assert.ok(deed.differs !== null);
});

test("a tape that was cut inside a record is read and repeated to its last whole one", () => {
  const cut = bytes.subarray(0, Math.floor(bytes.length * 0.6));
  const read = rerun.read(cut);
  assert.match(read.cut!, /the tape ends inside/);
  assert.is(read.end, null);
  assert.throws(() => tape.parse(cut), /ends inside/);
  const again = repeated(cut);
  assert.is(again.differs, null);
  assert.ok(again.pages > 5);
});

test("a log that dropped its oldest records still repeats the whole run", () => {
  const log = new Log(300_000);
  const fleet = new Fleet({ n: 4, seed: 2, engine: "v8", wasm, log, traffic: 2, keyframeMs: 400 });
  fleet.run(2000);
  fleet.device(2).kill();
  fleet.run(9000);
  fleet.close();
  const read = rerun.read(log.bytes());
  assert.ok(read.pages.some(({ type }) => type === facts.GAP));
  const again = repeated(log.bytes());
  assert.is(again.differs, null);
  assert.ok(again.pages > 4);
  assert.is(again.fleet.traceHash, fleet.traceHash);
});

test("a campaign's run is a tape too: both phases, villains and faults repeat, in every engine", () => {
  const log = new Log();
  const run: campaign.Run = { seed: 5, n: 4, engine: "v8", wasm, faults: NAMES, sufferMs: 5000, log };
  const { traceHash, live } = campaign.runSeed(run);
  assert.ok(live);
  assert.is(rerun.read(log.bytes()).header.run, "campaign");
  for (const engine of engines) {
    const again = repeated(log.bytes(), { engine });
    assert.is(again.differs, null);
    assert.is(again.fleet.traceHash, traceHash);
  }
});

test("what is no fleet's tape is refused with the reason", () => {
  const one = new tape.Writer();
  one.call(1, 0, 0n, new Uint8Array(0));
  assert.is(rerun.isFleet(one.bytes()), false);
  assert.throws(() => rerun.read(one.bytes()), /the tape of no fleet/);
  assert.is(rerun.isFleet(bytes), true);
  const records = tape.parse(bytes);
  const bare = [tape.head(), ...records.filter(({ type }) => type !== facts.MODULE).map(({ type, payload }) => tape.record(type, payload))]; // prettier-ignore
  assert.throws(() => rerun.repeat(new Uint8Array(Buffer.concat(bare))), /is not on the tape/);
});

test("a tape from a stranger: any header makes a fleet or is refused in words, never a crash", () => {
  const whole = recorded(5).bytes;
  const first = tape.take(whole).records[0];
  const header = JSON.parse(new TextDecoder().decode(first.payload)) as Record<string, unknown>;
  const rest = whole.subarray(tape.HEAD + 8 + ((first.payload.length + 3) & ~3));
  const strange: unknown[] = [
    -1,
    0,
    1.5,
    1e9,
    2 ** 60,
    null,
    true,
    "",
    "x",
    [],
    {},
    [[]],
    { recording: {} },
    ["loss"],
    [{ what: "loss" }],
  ];
  const rng = new Rng(11, "strange");
  let refused = 0;
  const rounds = 300;
  for (let i = 0; i < rounds; i++) {
    const made = structuredClone(header);
    const where = rng.chance(0.3) ? made : (made.options as Record<string, unknown>);
    const extra = ["strikes", "villains", "senses", "campaign", "balance", "keyframeMs", "deltaMs", "mtu", "traffic"];
    if (rng.chance(0.2)) made.n = rng.pick(strange);
    where[rng.pick([...Object.keys(where), ...extra])] = rng.pick(strange);
    const text = new TextEncoder().encode(JSON.stringify(made));
    const parts = [tape.head(), tape.record(facts.FLEET, text), rest];
    try {
      rerun.repeat(new Uint8Array(Buffer.concat(parts)), { untilUs: 1_000_000 }).close();
    } catch (e) {
      assert.instance(e, tape.TapeError, `${(e as Error).stack}: ${JSON.stringify(made).slice(0, 400)}`);
      refused++;
    }
  }
  assert.ok(refused > rounds / 4 && refused < rounds, `${refused} of ${rounds} refused`);
});

test.run();
