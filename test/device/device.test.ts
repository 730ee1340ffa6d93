// Devices in their engines: what is refused at the door, what a restart forgets, and that engines agree.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as counters from "../../host/device/counters.ts";
import { AbiError, INPUT_MAX, NOTHING, Trap, type Hal } from "../../host/device/device.ts";
import { open } from "../../host/device/open.ts";
import { Flash } from "../../host/fleet/flash.ts";
import { Fleet } from "../../host/fleet/fleet.ts";
import { readFileSync } from "node:fs";
import { device, fixture, member } from "../fleet/wasm.ts";
import { engines } from "../wasm.ts";

const wasm = await device();
const beeper = await fixture("beeper");
if (engines.includes("wasm3")) await import("../../host/device/wasm3.ts");

/** A blank board whose entropy counts up. */
function board(): Hal & { flash: Flash } {
  const flash = new Flash();
  let next = 0;
  return {
    flash,
    entropy: (n) => new Uint8Array(n).map(() => next++),
    read: (region, offset, n) => flash.read(region, offset, n),
    sense: () => NOTHING,
  };
}

/** The smallest module with one import and no exports. */
const importing = (module: string, name: string): Uint8Array => {
  const text = (s: string): number[] => [s.length, ...Buffer.from(s)];
  const body = [1, ...text(module), ...text(name), 0, 0];
  return new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, body.length, ...body]);
};

test("a module that is no device is refused in V8, with what is wrong", () => {
  const refused = (bytes: Uint8Array, why: RegExp): void =>
    assert.throws(
      () => open("v8", bytes, board()),
      (e: Error) => e instanceof AbiError && why.test(e.message),
    );
  refused(importing("env", "abort"), /imports env\.abort/);
  refused(importing("synod", "launch"), /imports synod\.launch/);
  refused(importing("synod", "sense"), /does not export the function boot/);
});

for (const engine of engines) {
  test(`${engine}: a first boot of a blank board makes an identity and stores it`, () => {
    const d = open(engine, wasm, board());
    assert.is(d.engine, engine);
    assert.is(d.boot(5n), 0);
    assert.ok(d.effects().length > 100);
    d.close();
  });

  test(`${engine}: a new device knows nothing of the one before it`, () => {
    const first = open(engine, wasm, board());
    first.boot(5n);
    const effects = first.effects().slice();
    const memory = first.memory().slice();
    first.close();
    const second = open(engine, wasm, board());
    second.boot(5n);
    assert.equal(second.effects(), effects);
    assert.equal(second.memory(), memory);
    second.close();
  });

  test(`${engine}: memory written back is the device at that moment`, () => {
    const d = open(engine, beeper, board());
    d.boot(1n);
    const before = d.memory().slice();
    d.request(new Uint8Array([90]), 2n);
    assert.is.not(Buffer.compare(d.memory(), before), 0);
    d.write(before);
    assert.is(Buffer.compare(d.memory(), before), 0);
    d.close();
  });

  test(`${engine}: a trap is a Trap, an input too long never reaches the device`, () => {
    const d = open(engine, beeper, board());
    d.boot(1n);
    assert.throws(() => d.receive(0, new Uint8Array(INPUT_MAX + 1), 2n), /1537 bytes/);
    assert.throws(
      () => d.request(new Uint8Array([91]), 2n),
      (e: Error) => e instanceof Trap,
    );
    d.close();
    assert.throws(() => d.tick(3n), /closed/);
  });
}

test("both engines give the same trace hash for the same seed, faults and power cuts included", () => {
  if (engines.length < 2) return;
  const faults = ["loss", "corruption", "cut", "torn", "crash"] as const;
  const hash = (engine: (typeof engines)[number]): string => {
    const fleet = new Fleet({ n: 4, seed: 12, engine, wasm, faults, traffic: 1, stopOnViolation: false });
    fleet.run(3000);
    fleet.close();
    return fleet.traceHash;
  };
  assert.is(hash("v8"), hash("wasm3"));
});

test("an engine that is not there is named, with those that are", () => {
  assert.throws(() => open("jit" as "v8", wasm, board()), /no engine "jit" here; there is v8/);
});

test("a module that touches more memory than it says is stopped, in every engine", async () => {
  const honest = await member();
  // the same module, saying 0x4000 instead of 0x7000 bytes: (global i32 (i32.const 0x7000))
  const at = Buffer.from(honest).indexOf(Buffer.from([0x7f, 0, 0x41, 0x80, 0xe0, 0x01, 0x0b]));
  assert.ok(at > 0, "MEMORY_END was not found");
  const liar = honest.slice();
  liar[at + 4] = 0x80;
  for (const engine of engines) {
    const started = (wasm: Uint8Array): Uint8Array => {
      const device = open(engine, wasm, board());
      device.boot(0n);
      return device.effects();
    };
    assert.ok(started(honest).length > 0, engine);
    assert.throws(
      () => started(liar),
      (e: Error) => e instanceof Trap,
      engine,
    );
  }
});

test("the counters stand where the firmware's memory map says", () => {
  const source = (file: string): string => readFileSync(new URL(`../../firmware/${file}`, import.meta.url), "utf8");
  const layout = source("profile/validator/%23role.ts") + source("layout.ts");
  assert.match(layout, new RegExp(`COUNTERS: usize = 0x0*${counters.COUNTERS.toString(16)};`));
  const named = [...layout.matchAll(/^export const (\w+): usize = COUNTERS \+ (\d+);/gm)];
  const camel = (name: string): string => name.toLowerCase().replace(/_(\w)/g, (_, c: string) => c.toUpperCase());
  assert.equal(
    named.map(([, name, at]) => [camel(name), Number(at)]),
    counters.NAMES.map((name, i) => [name, 4 * i]),
  );
  const input = /INPUT: usize = (0x\w+);[^]*INPUT_END: usize = (0x\w+);/.exec(layout)!;
  assert.is(Number(input[2]) - Number(input[1]), INPUT_MAX);
});

test.run();
