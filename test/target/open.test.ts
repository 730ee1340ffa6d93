// One word for a fleet: what each word names, what is said of a word that names none, and a fleet.json with every mistake.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fleetfile from "../../host/target/fleetfile.ts";
import * as open from "../../host/target/open.ts";
import { Sim } from "../../host/target/sim.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { device } from "../fleet/wasm.ts";

const wasm = await device();
const folder = mkdtempSync(join(tmpdir(), "synod-open-"));
const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};

/** What work is refused with: number and sentence. */
async function refused(work: () => unknown): Promise<refusal.Refused> {
  try {
    await work();
  } catch (error) {
    if (error instanceof refusal.Refused) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("a word names what it says, and no verb, number, key or topic is taken for one", () => {
  assert.equal(open.parse("sim"), { kind: "sim", n: 4 });
  assert.equal(open.parse("sim:7"), { kind: "sim", n: 7 });
  assert.equal(open.parse("posix:/tmp/x"), { kind: "posix", dir: "/tmp/x" });
  assert.equal(open.parse("a/b.json"), { kind: "file", path: "a/b.json" });
  assert.equal(open.parse("http://127.0.0.1:7777/"), { kind: "gateway", url: "http://127.0.0.1:7777" });
  assert.equal(open.parse("http://127.0.0.1:7777/#token=abc"), {
    kind: "gateway",
    url: "http://127.0.0.1:7777",
    token: "abc",
  });
  for (const word of ["sim:2", "posix:x", "./fleet.json", "http://[::1]:80", "smi:4"])
    assert.ok(open.isTarget(word), word);
  for (const word of ["3", "0,1", "4f2a90b1c3d5e7f8", "status", "account", "simulate", ""])
    assert.not.ok(open.isTarget(word), word);
});

test("a word that names no fleet is refused with what would", async () => {
  for (const [word, expected] of [
    ["sim:0", /1 to 32 devices/],
    ["sim:33", /1 to 32 devices/],
    ["sim:x", /1 to 32 devices/],
    ["posix:", /needs the folder/],
    ["http://127.0.0.1:7777/fleet", /without a path/],
    ["ftp:x", /sim:N, posix:PATH/],
  ] as [string, RegExp][]) {
    const { number, message } = await refused(() => open.parse(word));
    assert.is(number, refusal.TARGET_SHAPE, word);
    assert.match(message, expected);
  }
});

test("each mistake in a fleet.json is refused with its field and what the field takes", async () => {
  const good = { engine: "v8", n: 4 };
  for (const [content, expected] of [
    ["{", /is not JSON/],
    ["[]", /is a JSON object/],
    [{ n: 4 }, /"engine" is missing/],
    [{ engine: "v8" }, /"n" is missing/],
    [{ ...good, engine: "v9" }, /"engine" is one of wasm3, v8, posix, not "v9"/],
    [{ ...good, n: 0 }, /"n" is a whole number from 1 to 32, not 0/],
    [{ ...good, n: "4" }, /"n" is a whole number from 1 to 32, not "4"/],
    [{ ...good, seed: 1.5 }, /"seed" is a whole number/],
    [{ ...good, mtu: 64 }, /"mtu" is a whole number from 128 to 1500/],
    [{ ...good, wasm: "" }, /"wasm" is a text/],
    [{ ...good, senses: "rain" }, /"senses" is "weather"/],
    [{ ...good, senses: { recording: { from: -1, intervalMs: 1 } } }, /"senses" is "weather"/],
    [{ ...good, gateway: "localhost" }, /"gateway" is an address/],
    [{ ...good, board: "z80" }, /"board" is one of none, stm32f405, esp32, esp32c3, not "z80"/],
    [{ ...good, engine: "posix", board: "esp32" }, /"board" is for a simulated fleet/],
    [{ ...good, dir: "x" }, /"dir" is for "engine": "posix"/],
    [{ ...good, gadgets: 4 }, /no field "gadgets"; it takes name, engine, n/],
    [
      { ...good, engine: "posix", devices: "qemu:z80" },
      /"devices" is a list like .*no board "z80" lives in an emulator/,
    ],
    [{ ...good, engine: "posix", n: 3, devices: "sim*4" }, /"devices" names another number of devices than "n"/],
    [
      { ...good, engine: "posix", n: 4, devices: "sim*3,member:sim" },
      /"devices" names another number of devices than "n"/,
    ],
    [{ ...good, engine: "posix", n: 1, devices: "member:sim,sim" }, /members come last/],
    [{ ...good, engine: "posix", n: 1, devices: "sim,member:member:sim" }, /a device is posix, sim,/],
    [{ ...good, engine: "posix", n: 0, devices: "member:sim" }, /"n" is/],
    [{ ...good, n: 4, devices: "sim*4" }, /"devices" is for "engine": "posix"/],
  ] as [unknown, RegExp][]) {
    const path = file("bad.json", content);
    const { number, message } = await refused(() => fleetfile.read(path));
    assert.is(number, refusal.TARGET_SHAPE, JSON.stringify(content));
    assert.match(message, expected);
    assert.ok(message.startsWith(path), message);
  }
  assert.is((await refused(() => fleetfile.read(join(folder, "none.json")))).number, refusal.TARGET_ABSENT);
  const unbuilt = file("unbuilt.json", { ...good, wasm: "build/app.wasm" });
  const { number, message } = await refused(() => fleetfile.read(unbuilt));
  assert.is(number, refusal.TARGET_ABSENT);
  assert.match(message, /names the module build\/app\.wasm, which is not built/);
});

test("what is written is read again, with paths that go with the file", () => {
  writeFileSync(join(folder, "app.wasm"), wasm);
  const path = join(folder, "fleet.json");
  const made = {
    name: "x",
    engine: "posix",
    n: 5,
    wasm: join(folder, "app.wasm"),
    dir: join(folder, "flash"),
  } as const;
  fleetfile.write(path, made);
  assert.equal(fleetfile.read(path), made);
  fleetfile.running(path, "http://127.0.0.1:7777");
  assert.equal(fleetfile.read(path), { ...made, gateway: "http://127.0.0.1:7777" });
  fleetfile.running(path, null);
  assert.equal(fleetfile.read(path), made);
});

test("a description starts the fleet that it describes; what the caller says comes first", async () => {
  writeFileSync(join(folder, "app.wasm"), wasm);
  const path = file("v8.json", { engine: "v8", n: 3, seed: 9, mtu: 300, wasm: "app.wasm", senses: "weather" });
  const target = (await open.open(path)) as Sim;
  assert.is(target.n, 3);
  const { options } = target.log.header!;
  assert.equal([options.seed, options.mtu, options.engine, options.senses], [9, 300, "v8", "weather"]);
  await target.close();
  const other = await open.open(path, { n: 4, seed: 2, wasm });
  assert.is(other.n, 4);
  assert.is(other.log.header!.options.seed, 2);
  await other.close();
  const { number, message } = await refused(() => open.open(path, { accelerate: true }));
  assert.is(number, refusal.TARGET_SHAPE);
  assert.match(message, /only processes can be accelerated/);
});

test("where nothing answers, and where something else does, there is no fleet", async () => {
  const server = createServer((_, response) => response.writeHead(404).end("a printer"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    assert.is((await refused(() => open.open(url))).number, refusal.TARGET_ABSENT);
    // A description whose gateway is gone starts its fleet anew.
    const target = await open.open(file("gone.json", { engine: "v8", n: 1, gateway: url }), { wasm });
    assert.is(target.kind, "sim");
    await target.close();
  } finally {
    server.close();
  }
  assert.is((await refused(() => open.open(url))).number, refusal.TARGET_ABSENT);
});

test.after(() => rmSync(folder, { recursive: true }));
test.run();
