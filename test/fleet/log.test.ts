// A fleet's log: it says what happened, it changes nothing, and what it says repeats the run.

import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as event from "../../firmware/wire/event.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as block from "../../host/device/block.ts";
import { hex, u32 } from "../../host/device/bytes.ts";
import { Fleet, type Options } from "../../host/fleet/fleet.ts";
import { NAMES } from "../../host/fleet/faults.ts";
import * as facts from "../../host/tape/fleet.ts";
import { Log } from "../../host/tape/log.ts";
import * as page from "../../host/tape/page.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { device } from "./wasm.ts";

const wasm = await device();

type Of<T extends number> = Extract<facts.Fact, { type: T }>;

/** A fleet with a log, and all facts of it. */
function watched(more: Partial<Options> = {}): { fleet: Fleet; log: Log; all: facts.Fact[] } {
  const log = new Log();
  const all: facts.Fact[] = [];
  log.on((fact) => void all.push(fact));
  const fleet = new Fleet({ n: 4, seed: 7, engine: "v8", wasm, traffic: 2, log, ...more });
  return { fleet, log, all };
}

const only = <T extends number>(all: readonly facts.Fact[], type: T): Of<T>[] =>
  all.filter((fact): fact is Of<T> => fact.type === type);

/** The number of the refusal that `run` ends with; 0 when there is none. */
function refused(run: () => void): number {
  try {
    run();
  } catch (e) {
    if (e instanceof refusal.Refused) return e.number;
    throw e;
  }
  return 0;
}

test("watching changes nothing: the same trace hash with and without a log", () => {
  const hash = (log?: Log): string => {
    const more = { faults: NAMES, villains: [{ device: 2, kind: "equivocator" }] } as const;
    const fleet = new Fleet({ n: 4, seed: 11, engine: "v8", wasm, traffic: 1, log, keyframeMs: 300, ...more });
    fleet.run(6000);
    fleet.close();
    return fleet.traceHash;
  };
  assert.is(hash(new Log()), hash());
});

test("the first record says how to repeat it, and who the devices are", () => {
  const { fleet, all } = watched();
  const [first, second] = all;
  assert.is(first.type, facts.FLEET);
  const { header } = first as Of<typeof facts.FLEET>;
  assert.is(header.n, 4);
  assert.is(header.run, "fleet");
  assert.equal(header.kids, [0, 1, 2, 3].map((i) => fleet.device(i).kid)); // prettier-ignore
  assert.equal(header.modules, [createHash("sha256").update(wasm).digest("hex")]);
  assert.is(header.cell.length, 16);
  assert.is(second.type, facts.MODULE);
  assert.equal((second as Of<typeof facts.MODULE>).wasm, wasm);
  assert.equal(JSON.parse(JSON.stringify(header)), header, "plain JSON");
  fleet.close();
});

test("the log tells each event, each frame and each block of the fleet", () => {
  const { fleet, all } = watched();
  let said = 0;
  fleet.on(({ said: { what } }) => void (said += what === "event" ? 1 : 0));
  fleet.run(8000);
  assert.is(only(all, facts.SAID).length, said);
  assert.is(only(all, facts.SENT).length, fleet.watch.stats.frames);
  const arrivals = only(all, facts.SENT).flatMap((fact) => fact.arrivals);
  assert.ok(
    arrivals.every(({ delayUs }) => delayUs !== null && delayUs > 0 && delayUs < 100_000),
    "fair weather",
  );
  const heights = only(all, facts.BLOCK).map(({ height }) => height);
  assert.equal(
    heights,
    Array.from({ length: fleet.watch.stats.height }, (_, i) => i + 1),
    "each height once, in order",
  );
  const inBlocks = only(all, facts.BLOCK).flatMap(({ bytes }) => block.transactions(bytes));
  assert.ok(inBlocks.length > 0);
  fleet.close();
});

for (const mtu of [1400, 128])
  test(`frames of ${mtu} bytes are labelled: votes and proposals by view, transactions by id`, () => {
    const { fleet, all } = watched({ mtu, senses: { recording: { from: 0, intervalMs: 500 } } });
    fleet.run(8000);
    const ids = new Set(
      only(all, facts.SAID).filter((f) => f.kind === event.SUBMITTED).map((f) => hex(f.bytes, 0, 8)), // prettier-ignore
    );
    const carried = only(all, facts.SENT).filter(({ object }) => object === kind.TRANSACTION);
    assert.ok(ids.size > 3 && carried.length >= ids.size);
    if (mtu === 128) assert.ok(carried.some(({ frame }) => frame === 2), "some travel in fragments"); // prettier-ignore
    for (const { about } of carried) assert.ok(ids.has(hex(about)), "each is a transaction that somebody submitted");
    const views = new Map<number, Set<number>>();
    for (const { object, about } of only(all, facts.SENT))
      views.set(object, (views.get(object) ?? new Set()).add(u32(about, 0)));
    const voted = new Set(only(all, facts.SAID).filter((f) => f.kind === event.VOTED && f.bytes[0] <= kind.NOTARIZE_F).map((f) => u32(f.bytes, 6))); // prettier-ignore
    assert.equal([...views.get(kind.PROPOSAL)!].sort(), [...voted].sort(), "a proposal for each view with votes");
    assert.ok(!views.has(0), "nothing is unknown");
    fleet.close();
  });

test("pages are the devices' memories, whole after a gap", () => {
  const { fleet, log, all } = watched({ keyframeMs: 500 });
  const memory = new Map<number, Uint8Array>();
  let seen = 0;
  log.on((fact) => {
    if (fact.type !== facts.PAGE) return;
    if (fact.whole) memory.set(fact.device, new Uint8Array(65536));
    page.apply(memory.get(fact.device)!, fact.runs);
    assert.equal(memory.get(fact.device), fleet.device(fact.device).memory()!.slice());
    seen++;
  });
  fleet.run(3200);
  assert.is(seen, 4 * 6);
  assert.is(only(all, facts.PAGE).filter(({ whole }) => whole).length, 4);
  log.onGap();
  fleet.run(3700);
  assert.is(only(all, facts.PAGE).filter(({ whole }) => whole).length, 8);
  fleet.run(4000);
  fleet.device(1).kill();
  fleet.run(4001);
  const last = only(all, facts.PAGE).filter(({ atUs }) => atUs === 4_000_000);
  assert.equal(last.map((fact) => fact.device), [0, 2, 3], "a keyframe is taken after all that happened up to its time"); // prettier-ignore
  fleet.close();
});

test("every deed is on the tape, does what it says, and a wrong one is refused and leaves no trace", () => {
  const { fleet, all } = watched();
  fleet.run(2000);
  fleet.device(1).kill();
  assert.is(fleet.device(1).up, false);
  fleet.device(1).restart();
  fleet.partition([[0, 1], [2, 3]]); // prettier-ignore
  const before = fleet.watch.stats.height;
  fleet.run(6000);
  assert.ok(fleet.watch.stats.height <= before + 1, "no half is a quorum");
  fleet.heal();
  fleet.device(2).slow(400);
  fleet.device(3).corrupt(1);
  fleet.run(9000);
  const late = only(all, facts.SENT).filter((f) => f.device === 2 && f.atUs >= 6_000_000);
  assert.ok(late.length > 0 && late.every((f) => f.arrivals.every(({ delayUs }) => delayUs! >= 400_000)));
  fleet.do({ do: "request", device: 0, hex: "06" });
  const deeds = only(all, facts.DEED).map(({ deed }) => deed.do);
  assert.equal(deeds, ["kill", "restart", "split", "heal", "slow", "corrupt", "request"]);
  assert.equal([fleet.coverage.corruption, fleet.coverage.delay], [0, 0], "deeds are no faults");
  const count = all.length;
  assert.is(refused(() => fleet.do({ do: "kill", device: 4 })), refusal.DEED_DEVICE); // prettier-ignore
  assert.is(refused(() => fleet.do({ do: "slow", device: 1, ms: -1 })), refusal.DEED_FIELD); // prettier-ignore
  assert.is(refused(() => fleet.do({ do: "fly" } as never)), refusal.DEED_UNKNOWN); // prettier-ignore
  assert.is(all.length, count);
  assert.equal(fleet.violations, []);
  fleet.close();
  assert.is(refused(() => fleet.device(0).kill()), refusal.FLEET_OVER); // prettier-ignore
});

test("a device that is told to lie leads two lives; one more than f would, and is refused", () => {
  const { fleet, all } = watched({ n: 7, seed: 5 });
  fleet.run(3000);
  fleet.device(3).lie();
  fleet.device(5).lie();
  assert.is(refused(() => fleet.device(3).lie()), refusal.DEED_CANNOT); // prettier-ignore
  assert.is(refused(() => fleet.device(1).lie()), refusal.DEED_CANNOT); // prettier-ignore
  fleet.run(25_000);
  assert.is(fleet.device(3).honest, false);
  assert.ok(only(all, facts.SENT).some((f) => f.device === 3 && f.twin), "its second copy speaks"); // prettier-ignore
  assert.ok(fleet.coverage.equivocator > 0, "it contradicts itself");
  assert.equal(fleet.violations, [], "f liars break nothing");
  fleet.device(3).kill();
  assert.equal(fleet.stationsOf(3).map(({ on }) => on), [false, false]); // prettier-ignore
  fleet.close();
});

test("an invariant that breaks is on the tape", () => {
  const { fleet, all } = watched();
  fleet.run(1000);
  fleet.invariants.broken("rest", 2, "for this test");
  const [broken] = only(all, facts.BROKEN);
  assert.equal([broken.device, broken.rule, broken.atUs], [2, "rest", 1_000_000]);
  fleet.close();
});

test.run();
