// boards/binding and host/device/wasm3.ts: wasm3 inside Node does what V8 does, says why it stops, and gives memory back.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { AbiError, Trap, type Device } from "../../host/device/device.ts";
import { open } from "../../host/device/open.ts";
import { binding, board, calls, fixture, make, numbers } from "./board.ts";

const { Wasm3Module } = await binding();
const { wasm } = await fixture();

/** A wasm module: its header and these sections. */
const module = (...sections: number[][]): Uint8Array =>
  Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flatMap(([id, ...body]) => [id, body.length, ...body]));

test("the same calls give the same results, effects and memory in V8 and in wasm3", () => {
  for (let seed = 0; seed < 6; seed++) {
    const hals = [board(), board()];
    let devices: Device[] = [];
    for (const c of calls(`engines ${seed}`, 300)) {
      if (c.call === "boot") {
        devices.forEach((d) => d.close());
        devices = [open("v8", wasm, hals[0]), open("wasm3", wasm, hals[1])];
      }
      const seen = devices.map((d) => {
        try {
          return { result: make(d, c), effects: new Uint8Array(d.effects()) };
        } catch (e) {
          assert.instance(e, Trap);
          return { result: "trap", effects: null };
        }
      });
      assert.equal(seen[1], seen[0]);
      if (seen[0].effects)
        assert.is(Buffer.compare(devices[1].memory(), devices[0].memory()), 0, `memory after ${c.call}`);
    }
    devices.forEach((d) => d.close());
  }
});

test("numbers and bigints pass as i32 and i64, at their limits too", () => {
  const m = new Wasm3Module(wasm, board());
  const below = numbers("arguments");
  const limits = [0n, 1n, -1n, 2n ** 31n, -(2n ** 31n), 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n];
  const random = (): bigint => BigInt.asIntN(64, (BigInt(below(2 ** 31)) << 33n) * 3n + BigInt(below(2 ** 31)));
  for (let i = 0; i < 400; i++) {
    const [a, b] = i < 64 ? [limits[i & 7], limits[i >> 3]] : [random(), random()];
    const c = below(2 ** 32);
    const expected = BigInt.asIntN(64, a + b + BigInt.asIntN(32, BigInt(c)));
    assert.is(m.call("add", a, b, c), expected);
  }
  assert.is(m.call("add", 5, -7, 3), 1n, "a number serves for an i64 as well");
  assert.is(m.call("add", 1n), 1n, "what is missing is 0, as in JavaScript");
  assert.throws(() => m.call("add", "5" as unknown as number), /numbers and bigints/);
  m.close();
});

test("a trap is a Trap with wasm3's words, and the next device works", () => {
  const words = [
    [1, /unreachable/],
    [2, /out of bounds/],
    [3, /divide by zero/],
    [7, /stack overflow/],
  ] as const;
  for (const [what, why] of words) {
    const d = open("wasm3", wasm, board());
    d.boot(0n);
    try {
      d.request(Uint8Array.of(what), 1n);
      assert.unreachable(`request ${what} must trap`);
    } catch (e) {
      assert.instance(e, Trap);
      assert.match((e as Error).message, why);
    }
    d.close();
    const next = open("wasm3", wasm, board());
    assert.is(next.boot(0n), 0, "its memory is fresh");
    next.close();
  }
});

test("memory does not grow", () => {
  const d = open("wasm3", wasm, board());
  assert.is(d.request(Uint8Array.of(10), 0n), -1);
  d.close();
});

test("what an import throws reaches the caller unchanged", () => {
  class Odd extends Error {}
  const m = new Wasm3Module(wasm, {
    ...board(),
    sense: () => {
      throw new Odd("no sensor");
    },
  });
  m.memory()[m.call("input") as number] = 4;
  assert.throws(
    () => m.call("request", 1, 0n),
    (e: unknown) => e instanceof Odd,
  );
  m.hal = board();
  assert.type(m.call("request", 1, 0n), "number", "and the module can be called again");
  m.memory()[m.call("input") as number] = 4;
  m.hal = { ...board(), sense: () => "3" as unknown as bigint };
  assert.throws(() => m.call("request", 1, 0n), /neither number nor bigint/);
  m.close();
});

test("an import may call the module that asks, and another one", () => {
  const other = new Wasm3Module(wasm, board());
  const m: InstanceType<typeof Wasm3Module> = new Wasm3Module(wasm, {
    ...board(),
    sense: () => (m.call("add", 40n, 2n, 0) as bigint) + (other.call("add", 1n, 1n, 1) as bigint),
  });
  m.call("boot", 0n);
  const at = m.call("input") as number;
  m.write(at, Uint8Array.of(4));
  m.call("request", 1, 0n);
  const ring = m.call("output") as number;
  assert.is(Buffer.from(m.bytes(ring + 8, 8)).readBigInt64LE(), 45n);
  assert.throws(
    () => {
      m.hal = { ...board(), sense: () => (m.close(), 0n) };
      m.call("request", 1, 0n);
    },
    /while it runs/,
    "closing under its own feet is refused",
  );
  m.close();
  other.close();
});

test("instances share nothing", () => {
  const many = Array.from({ length: 20 }, () => new Wasm3Module(wasm, board()));
  many.forEach((m, i) => m.memory().fill(i, 0x8000, 0x9000));
  many.forEach((m, i) => assert.equal(m.bytes(0x8000, 4), Uint8Array.of(i, i, i, i)));
  many.forEach((m) => m.close());
});

test("memory() is the memory itself, and empty after close", () => {
  const m = new Wasm3Module(wasm, board());
  const memory = m.memory();
  assert.is(memory.length, 65536);
  m.call("boot", 0n);
  assert.is(memory[m.call("output") as number], 5, "the boot's EVENT is seen through the view");
  m.close();
  assert.is(memory.length, 0);
  assert.throws(() => m.call("boot", 0n), /closed/);
  m.close();
});

test("what is no module, or no device, is refused with a reason", () => {
  assert.throws(() => new Wasm3Module(new Uint8Array(0), board()), /./);
  assert.throws(() => new Wasm3Module(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), board()), /malformed|version/);
  assert.throws(() => new Wasm3Module(wasm.subarray(0, wasm.length - 40), board()), /./);
  const empty = module([5, 1, 1, 1, 1]); // a memory and nothing else
  assert.throws(
    () => open("wasm3", empty, board()),
    (e: unknown) => e instanceof AbiError,
  );
  const float = module(
    [1, 1, 0x60, 0, 0],
    [3, 1, 0],
    [5, 1, 1, 1, 1],
    [7, 1, 1, 0x66, 0, 0],
    [10, 1, 14, 0, 0x43, 0, 0, 0, 0, 0x43, 0, 0, 0, 0, 0x92, 0x1a, 0x0b],
  );
  assert.throws(() => new Wasm3Module(float, board()).call("f"), /./, "a float opcode does not compile");
  assert.throws(() => new Wasm3Module(wasm, board()).call("nothing"), /exports no function nothing/);
});

test("closed instances give their memory back", () => {
  const use = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const m = new Wasm3Module(wasm, board());
      m.call("boot", 0n);
      m.close();
    }
  };
  use(200);
  const before = process.memoryUsage().rss;
  use(3000); // 200 MB of linear memory if it were kept
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 64 << 20, `${grown >> 20} MiB more after 3,000 instances`);
});

test.run();
