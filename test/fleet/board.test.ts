// Boards that compute as slowly as real ones: work takes its time, deterministically, and a tape repeats it whatever the table becomes.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as counters from "../../host/device/counters.ts";
import type { Device } from "../../host/device/device.ts";
import * as costs from "../../host/fleet/costs.ts";
import { Fleet, type Options } from "../../host/fleet/fleet.ts";
import { Latency, quantile } from "../../host/fleet/latency.ts";
import { Processor } from "../../host/fleet/processor.ts";
import { Queue } from "../../host/fleet/queue.ts";
import * as rerun from "../../host/fleet/rerun.ts";
import type { Station } from "../../host/fleet/station.ts";
import * as facts from "../../host/tape/fleet.ts";
import { Log } from "../../host/tape/log.ts";
import * as tape from "../../host/tape/tape.ts";
import * as trace from "../../host/tape/trace.ts";
import { engines } from "../wasm.ts";
import { device } from "./wasm.ts";

const wasm = await device();
if (engines.includes("wasm3")) await import("../../host/device/wasm3.ts");
const QUIET = { n: 4, engine: "v8", wasm, senses: "nothing", traffic: 0.2 } as const;
const fleetOf = (more: Partial<Options> & { seed: number }): Fleet => new Fleet({ ...QUIET, ...more });

// ---- the table ----

test("a call is paid by what its counters grew by: instructions at the clock, and flash times", () => {
  const grown = { ...counters.zero(), verified: 5, batches: 2, alone: 1, prepared: 2, preparedAlone: 1, flashRecords: 1, flashBytes: 100, flashErases: 1 }; // prettier-ignore
  const each = costs.INSTRUCTIONS;
  const work = costs.work(trace.TICK, grown);
  assert.is(work.equation + work.alone + work.preparedAlone, grown.batches);
  assert.is(work.alone + work.preparedAlone + work.batched + work.prepared, grown.verified);
  const expected = each.tick + each.preparedAlone + each.equation + 3 * each.batched + each.prepared + each.record;
  assert.is(costs.instructions(each, work), expected);
  const board = costs.BOARDS.esp32c3;
  const us = (expected * board.scale * board.cycles) / board.mhz + board.recordUs + 100 * board.byteUs + board.eraseUs;
  assert.is(costs.microseconds(board, trace.TICK, grown), Math.round(us));
});

test("every kind of work has a cost, and prepared keys cost less", () => {
  const { alone, preparedAlone, batched, prepared, signed, sha256, tick } = costs.INSTRUCTIONS;
  for (const cost of [alone, preparedAlone, batched, prepared, signed, sha256, tick]) assert.ok(cost > 0);
  assert.ok(preparedAlone < alone && prepared < batched && batched < alone);
});

// ---- one processor ----

/** A processor between a queue and a device that only counts. */
function bench(): {
  processor: Processor;
  station: { life: number; airUs: number };
  calls: string[];
  count: (name: keyof counters.Counters, by: number) => void;
  pass: (us: number) => void;
} {
  const memory = new Uint8Array(65536);
  const view = new DataView(memory.buffer);
  const queue = new Queue<{ at: number; order: number; run: () => void }>();
  const calls: string[] = [];
  let nowUs = 0;
  const station = { life: 1, airUs: 0, device: { memory: () => memory } as unknown as Device };
  const table: costs.Costs = { ...costs.BOARDS.stm32f405, mhz: 1, cycles: 1, inboxBytes: 100, instructions: { ...costs.INSTRUCTIONS, receive: 1000, tick: 10, request: 500, signed: 7000 } }; // prettier-ignore
  const processor: Processor = new Processor(table, station as unknown as Station, {
    nowUs: () => nowUs,
    at: (at, run) => queue.put({ at, order: 0, run }),
    call: (code, _link, input) => {
      calls.push(`${trace.CALLS[code]}${input.length > 0 ? ` ${input[0]}` : ""} at ${nowUs}`);
      processor.charge(code, () => calls.push(`done at ${nowUs}`));
    },
  });
  return {
    processor,
    station,
    calls,
    count: (name, by) => {
      const at = counters.COUNTERS + 4 * counters.NAMES.indexOf(name);
      view.setUint32(at, view.getUint32(at, true) + by, true);
    },
    pass: (us) => {
      for (; queue.nextAt <= us;) {
        const next = queue.take()!;
        nowUs = next.at;
        next.run();
      }
      nowUs = us;
    },
  };
}

test("what a call decided is done when its time has passed; then its tick; then the frame that waited", () => {
  const { processor, calls, count, pass } = bench();
  count("signed", 1);
  processor.charge(trace.RECEIVE, () => calls.push("first done"));
  processor.wait(0, Uint8Array.of(7));
  pass(7999);
  assert.ok(processor.busy);
  assert.equal(calls, []);
  pass(20_000);
  assert.equal(calls, ["first done", "tick at 8000", "done at 8010", "receive 7 at 8010", "done at 9010", "tick at 9010", "done at 9020"]); // prettier-ignore
  assert.not.ok(processor.busy);
  assert.is(processor.spentUs(20_000), 9020);
});

test("a frame that finds no room is lost and counted", () => {
  const { processor, calls, pass } = bench();
  processor.charge(trace.TICK, () => {});
  for (let i = 0; i < 5; i++) processor.wait(0, new Uint8Array(30).fill(i + 1));
  assert.is(processor.overruns, 2);
  pass(1e6);
  assert.is(calls.filter((call) => call.startsWith("receive")).length, 3);
});

test("a request is answered at once and paid for behind the work under way; frames leave in their time", () => {
  const { processor, station, calls, pass } = bench();
  processor.charge(trace.RECEIVE, () => calls.push("first done"));
  pass(100);
  processor.settle();
  processor.charge(trace.REQUEST, () => calls.push("answered"));
  assert.equal(calls, ["first done", "answered"]);
  assert.is(station.airUs, 1500);
  pass(1e6);
  assert.equal(calls.slice(2), ["tick at 1500", "done at 1510"]);
});

test("power that fails takes with it what was not paid for", () => {
  const { processor, station, calls, pass } = bench();
  processor.charge(trace.RECEIVE, () => calls.push("done"));
  processor.wait(0, Uint8Array.of(1));
  pass(400);
  station.life++;
  processor.reset();
  pass(1e6);
  assert.equal(calls, []);
  assert.not.ok(processor.busy);
  assert.is(processor.spentUs(1e6), 400, "what it computed until then");
});

// ---- fleets ----

test("board none is the fleet of always", () => {
  const run = (board?: "none"): string => {
    const fleet = fleetOf({ seed: 1, ...(board === undefined ? {} : { board }) });
    fleet.run(5000);
    fleet.close();
    return fleet.traceHash;
  };
  assert.is(run("none"), run());
});

test("on a board work takes time: blocks too, and the busiest device is not idle", () => {
  const latency = (board: costs.Board): number => {
    const fleet = fleetOf({ seed: 2, board });
    const heard = new Latency();
    fleet.on(heard.hear);
    assert.ok(fleet.run(() => heard.ms.length >= 10, 120_000), board); // prettier-ignore
    for (const { processor } of fleet.stations) assert.is(processor === null, board === "none");
    const spent = fleet.stations.map(({ processor }) => processor?.spentUs(fleet.nowUs) ?? 0);
    if (board !== "none")
      assert.ok(Math.max(...spent) > 0.1 * fleet.nowUs && Math.max(...spent) < fleet.nowUs, `${spent}`);
    assert.equal(fleet.violations, []);
    fleet.close();
    return quantile(heard.ms, 0.5);
  };
  const [none, stm32f405, esp32c3] = (["none", "stm32f405", "esp32c3"] as const).map(latency);
  console.log(`note: first vote to execution, derived: ${Math.round(none)} ms without a board, ${Math.round(stm32f405)} stm32f405, ${Math.round(esp32c3)} esp32c3`); // prettier-ignore
  assert.ok(none < 100 && stm32f405 > 300 && esp32c3 > stm32f405);
});

/** Views given up in three seeds of a minute, and the lowest height that was reached. */
function calm(n: number, more: Partial<Options>): { gave: number; height: number; deltaMs: number } {
  let gave = 0;
  let height = Infinity;
  let deltaMs = 0;
  for (const seed of [1, 2, 3]) {
    const fleet = fleetOf({ n, seed, board: "stm32f405", ...more });
    fleet.on(({ said }) => {
      if (said.what === "event" && said.event.kind === "voted" && said.event.vote === "nullify") gave++;
    });
    fleet.run(60_000);
    height = Math.min(height, fleet.watch.stats.height);
    ({ deltaMs } = fleet.cell);
    fleet.close();
  }
  return { gave, height, deltaMs };
}

test("with the board's own delta nobody gives up a view, at n = 4 and 7, three seeds of a minute", () => {
  for (const n of [4, 7]) {
    const { gave, height, deltaMs } = calm(n, {});
    assert.is(deltaMs, 300 * n);
    assert.is(gave, 0, `n = ${n}`);
    assert.ok(height > 20, `n = ${n}: height ${height}`);
  }
});

// The figures of host/fleet/README.md.
if (process.env.SYNOD_BUDGET)
  test("how long delta must be, printed", () => {
    for (const n of [4, 7])
      for (const deltaMs of [300, 450, 600, 900, 1200, 1500, 1800, 2400]) {
        const { gave, height } = calm(n, { deltaMs });
        console.log(`note: n = ${n}, delta ${deltaMs} ms: ${gave} views given up, height ${height}`);
      }
  });

test("delta is the air's, the board's, or what somebody says", () => {
  const delta = (more: Partial<Options>): number => {
    const fleet = fleetOf({ seed: 1, ...more });
    fleet.close();
    return fleet.cell.deltaMs;
  };
  assert.equal(
    [{}, { mtu: 250 }, { board: "stm32f405" }, { board: "stm32f405", deltaMs: 700 }].map((o) =>
      delta(o as Partial<Options>),
    ),
    [150, 300, 1200, 700],
  );
});

// ---- tapes ----

/** A fleet on a board, and what somebody did to it while it computed. */
function recorded(board: costs.Board | costs.Costs): { bytes: Uint8Array; hash: string } {
  const log = new Log();
  const fleet = fleetOf({ seed: 5, board, log, traffic: 1, faults: ["loss", "crash", "cut"], keyframeMs: 500 });
  fleet.run(3000.5);
  for (let i = 0; i < 12; i++) {
    fleet.device(i % 4).pay((i + 1) % 4, 1n);
    fleet.run(fleet.nowMs + 333.3);
  }
  fleet.device(1).kill();
  fleet.run(9000);
  fleet.device(3).lie();
  fleet.device(1).restart();
  fleet.run(15_000);
  fleet.close();
  return { bytes: log.bytes(), hash: fleet.traceHash };
}

for (const engine of engines)
  test(`the tape of a fleet on a board repeats to the byte in ${engine}`, () => {
    const { bytes, hash } = recorded("stm32f405");
    const again = new rerun.Repetition(rerun.read(bytes), { engine });
    again.finish();
    again.fleet.close();
    assert.is(again.differs, null);
    assert.is(again.fleet.traceHash, hash);
    assert.ok(again.pages > 40, `${again.pages} pages`);
  });

test("a tape carries its table: one made with other costs repeats with these, and can be forked", () => {
  const other: costs.Costs = { ...costs.BOARDS.stm32f405, name: "another", mhz: 999, inboxBytes: 400 };
  const { bytes, hash } = recorded(other);
  assert.is.not(hash, recorded("stm32f405").hash);
  const fork = rerun.repeat(bytes, { untilUs: 7_000_000 });
  assert.equal(fork.costs, other);
  fork.run(20_000);
  assert.equal(fork.violations, []);
  fork.close();
  assert.is(rerun.repeat(bytes).traceHash, hash);
});

test("a header whose board no fleet could have is refused, with what is wrong", () => {
  const { bytes } = recorded("stm32f405");
  const refused = (change: (board: Record<string, unknown>) => void, words: RegExp): void => {
    const { header } = rerun.read(bytes);
    change(header.options.board as Record<string, unknown>);
    const log = new Log();
    log.add({ type: facts.FLEET, header });
    const made = log.bytes();
    assert.throws(() => rerun.read(made), (e: Error) => e instanceof tape.TapeError && words.test(e.message)); // prettier-ignore
  };
  refused((board) => (board.mhz = 0), /the board's mhz is 0/);
  refused((board) => delete board.name, /the board's name/);
  refused((board) => ((board.instructions as Record<string, unknown>).signed = -1), /instructions of signed is -1/);
  refused((board) => delete board.instructions, /the board's instructions is nothing/);
});

test.run();
