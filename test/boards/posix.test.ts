// boards/posix: a device as a process keeps its flash as a board does, hears whom it should, and nothing that comes in by radio or
// console ends it but what is meant to.

import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as effect from "../../firmware/wire/effect.ts";
import { REGION_KEYS, REGION_SNAPSHOTS } from "../../firmware/wire/record.ts";
import { hex, putU32 } from "../../host/device/bytes.ts";
import { Flash, REGIONS } from "../../host/fleet/flash.ts";
import * as tape from "../../host/tape/tape.ts";
import { replay } from "../../host/tape/replay.ts";
import { buildPosix, buildTool, paths } from "../../tools/boards.mjs";
import { binding, fixture, numbers, run } from "./board.ts";
import { away, Ear, exists, file, program, sleep, Told, until } from "./posix.ts";

await binding();
const { path: wasm, wasm: module } = await fixture();
const node = await program();
if (node) await buildPosix(); // the same without sanitizers, for tests of time
const rounds = Math.max(1, Number(process.env.SYNOD_BUDGET ?? 20) / 20);
const FLASH = 680 * 1024;
const KEYS = FLASH - REGIONS[REGION_KEYS].size; // where its last region begins, and where files once ended
const METER = fileURLToPath(new URL("../../build/device.wasm", import.meta.url));

/** A record of the effect ring. */
function record(op: number, a: number, b: number, bytes: Uint8Array = new Uint8Array(0)): Uint8Array {
  const made = new Uint8Array(effect.span(bytes.length));
  made[effect.OP] = op;
  made[effect.A] = a;
  made[effect.LENGTH] = bytes.length;
  made[effect.LENGTH + 1] = bytes.length >>> 8;
  putU32(made, effect.B, b);
  made.set(bytes, effect.BYTES);
  return made;
}

/** The fixture's request that makes these records its effects. */
const effects = (...records: Uint8Array[]): Uint8Array =>
  Uint8Array.from([6, ...records.flatMap((r) => [...r]), ...new Uint8Array(8)]);

/** The whole contents of a model flash, as the file holds them. */
const image = (flash: Flash): Uint8Array => Uint8Array.from(Buffer.concat(flash.regions.slice(1)));

/** A device of the fixture. */
async function device(more: Partial<ConstructorParameters<typeof Told>[0]> = {}): Promise<Told> {
  const told = new Told({ wasm, program: node!, sync: false, ...more });
  await told.process.booted;
  return told;
}

// ---- starting ----

test("--help says what there is; a command line that is wrong is told so", () => {
  if (!node) return;
  const help = run(node, ["--help"]);
  assert.is(help.status, 0);
  for (const word of ["--wasm", "--flash", "--peers", "--multicast", "--no-sync", "--tape"])
    assert.match(help.stdout, word);
  const wrong: [string[], RegExp][] = [
    [[], /missing: --wasm/],
    [["--wasm", wasm], /missing: --flash/],
    [["--wasm"], /a value is missing after --wasm/],
    [["--flesh", "x"], /there is no option --flesh/],
    [["--port", "70000", "--wasm", wasm, "--flash", "x"], /no port: 70000/],
    [["--peers", "a", "--multicast", "b", "--wasm", wasm, "--flash", "x"], /one at most/],
  ];
  for (const [words, why] of wrong) {
    const { status, stderr } = run(node, words);
    assert.is(status, 2, words.join(" "));
    assert.match(stderr, why);
  }
  const cannot: [string[], RegExp][] = [
    [["--wasm", "/nowhere.wasm", "--flash", file("f")], /nowhere.wasm: cannot be read/],
    [["--wasm", process.execPath, "--flash", file("f")], /node: .+/],
    [["--wasm", wasm, "--flash", "/nowhere/flash"], /cannot make/],
    [["--wasm", wasm, "--flash", file("f"), "--peers", "localhost"], /127.0.0.1:7001/],
    [["--wasm", wasm, "--flash", file("f"), "--multicast", "127.0.0.1:7000"], /239.0.0.1:7000/],
    [["--wasm", wasm, "--flash", file("f"), "--bind", "999.1.1.1"], /no IPv4 address/],
    [["--wasm", wasm, "--flash", file("f"), "--tape", "/nowhere/tape"], /nowhere/],
  ];
  for (const [words, why] of cannot) {
    const { status, stderr } = run(node, words);
    assert.is(status, 1, words.join(" "));
    assert.match(stderr, why);
  }
});

test("the end of its input ends it, and so does the death of whoever started it", async () => {
  if (!node) return;
  const one = await device();
  const { status } = await one.process.quit();
  assert.is(status, 0);
  // a parent that is killed says no goodbye
  const script = `const c = require("child_process").spawn(process.argv[1], process.argv.slice(2), {detached: true});
    c.stdout.once("data", () => console.log(c.pid)); setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["-e", script, node, "--wasm", wasm, "--flash", file("flash")]);
  const pid = await new Promise<number>((done) =>
    parent.stdout.once("data", (d: Buffer) => done(Number(d.toString()))),
  );
  assert.ok(exists(pid));
  parent.kill("SIGKILL");
  await until(() => !exists(pid), "the process ends with its parent");
});

// ---- flash ----

test("the flash file is NOR flash: programming clears bits, erasing sets sectors, and what is not there changes nothing", async () => {
  if (!node) return;
  const below = numbers("nor");
  const model = new Flash();
  let one = await device();
  let refused = 0;
  for (let i = 0; i < 400 * rounds; i++) {
    const region = below(7);
    const size = REGIONS[region]?.size ?? 4096;
    const erases = below(3) === 0;
    // near the ends more often: that is where a bound would be wrong
    const offset = below(8) === 0 ? Math.max(0, size - below(40)) : below(4) === 0 ? below(64) : below(size);
    const bytes = Uint8Array.from({ length: below(3) === 0 ? below(1400) : below(64) }, () => below(256));
    const sector = below(16) === 0 ? 0xffffffff - below(2) : below(size / 4096 + 2);
    const kept = erases ? model.erase(region, sector) : model.store(region, offset, bytes);
    const asked = effects(erases ? record(effect.ERASE, region, sector) : record(effect.STORE, region, offset, bytes));
    const reply = await one.process.request(asked).catch(() => null);
    assert.is(
      reply !== null,
      kept,
      `${erases ? "erase" : "store"} ${region} ${erases ? sector : offset} ${bytes.length}`,
    );
    if (kept) continue;
    refused++;
    const { status, words } = await one.process.ended;
    assert.is(status, 74);
    assert.match(words, /the device is down: region/);
    one = await device({ flash: one.flash });
  }
  assert.ok(refused > 20, `${refused} refused`);
  assert.is(hex(readFileSync(one.flash)), hex(image(model)));
  await one.process.quit();
});

test("after a write that failed nothing is carried out: no vote is sent that was not written", async () => {
  if (!node) return;
  const ear = await Ear.open();
  const one = await device({ peers: [ear.address] });
  const zeros = new Uint8Array(8);
  await one.process.request(
    effects(record(effect.STORE, 1, 0, zeros), record(effect.SEND, 0, effect.EVERYBODY, Uint8Array.of(1))),
  );
  const both = effects(
    record(effect.SEND, 0, effect.EVERYBODY, Uint8Array.of(2)),
    record(
      effect.STORE,
      1,
      4,
      zeros.map(() => 1),
    ),
    record(effect.SEND, 0, effect.EVERYBODY, Uint8Array.of(3)),
    record(effect.ACT, 1, 0, zeros),
  );
  await one.process.request(both).catch(() => {});
  assert.is((await one.process.ended).status, 74);
  await until(() => ear.heard.length >= 2, "the frames before are heard");
  await sleep(20);
  assert.equal(
    ear.heard.map(({ bytes }) => bytes[0]),
    [1, 2],
  );
  assert.equal(one.all("act"), []);
  ear.close();
});

test("a flash file that is torn, too long or in use is refused with words, and not changed", async () => {
  if (!node) return;
  const one = await device();
  const second = run(node, ["--wasm", wasm, "--flash", one.flash]);
  assert.is(second.status, 1);
  assert.match(second.stderr, /in use by another process/);
  await one.process.kill();
  for (const size of [0, 1, KEYS - 1, FLASH + 1, 2 * FLASH]) {
    truncateSync(one.flash, size);
    const before = readFileSync(one.flash);
    const { status, stderr } = run(node, ["--wasm", wasm, "--flash", one.flash]);
    assert.is(status, 1);
    assert.match(stderr, `has ${size} bytes, a flash has ${FLASH}`);
    assert.ok(before.equals(readFileSync(one.flash)));
  }
  const { stderr } = run(node, ["--wasm", wasm, "--flash", "/dev/null"]);
  assert.match(stderr, /cannot|bytes/);
});

test("a flash file that ends in the region of tables, or before it, is completed with blank bytes", async () => {
  if (!node) return;
  const first = new Flash();
  first.store(REGION_SNAPSHOTS, 0, Uint8Array.of(1, 2, 3));
  first.store(REGION_KEYS, 0, Uint8Array.of(4, 5, 6));
  for (const size of [KEYS, KEYS + 2, KEYS + 4097, FLASH - 1]) {
    const path = file("flash");
    writeFileSync(path, image(first).subarray(0, size));
    const one = await device({ flash: path });
    await one.process.quit();
    const whole = readFileSync(path);
    assert.is(whole.length, FLASH);
    assert.ok(whole.subarray(0, size).equals(image(first).subarray(0, size)), "what was there is still there");
    assert.ok(whole.subarray(size).every((byte) => byte === 0xff));
  }
});

test("a kill while the flash is made leaves none of it or all of it", async () => {
  if (!node) return;
  const seen = { none: 0, all: 0 };
  for (let i = 0; i < 40 * rounds; i++) {
    const flash = file("flash");
    const child = spawn(paths.posix, ["--wasm", wasm, "--flash", flash], { stdio: ["pipe", "ignore", "ignore"] });
    await sleep((i % 20) / 4);
    child.kill("SIGKILL");
    await new Promise((done) => child.once("close", done));
    if (!existsSync(flash)) seen.none++;
    else {
      seen.all++;
      assert.is(statSync(flash).size, FLASH);
    }
    away(flash);
    away(`${flash}.${child.pid}.new`);
  }
  assert.ok(seen.all > 0, JSON.stringify(seen));
});

// ---- the air ----

test("a frame goes to every peer, and to nobody else", async () => {
  if (!node) return;
  const [a, b, stranger] = [await Ear.open(), await Ear.open(), await Ear.open()];
  const one = await device({ peers: [a.address, b.address], watch: true });
  await one.process.request(effects(record(effect.SEND, 0, 2, Uint8Array.of(7, 8, 9))));
  await until(() => a.heard.length === 1 && b.heard.length === 1, "both hear it");
  assert.is(hex(a.heard[0].bytes), "070809");
  assert.is(a.heard[0].from, one.process.port);
  assert.equal(
    one.all("sent").map(({ bytes }) => hex(bytes)),
    ["070809"],
  );
  one.process.peers([stranger.address]);
  await one.process.request(effects(record(effect.SEND, 0, 2, Uint8Array.of(1))));
  await until(() => stranger.heard.length === 1, "the new peer hears");
  assert.is(hex(stranger.heard[0].bytes), "01");
  assert.is(a.heard.length, 1);
  await one.process.quit();
  for (const ear of [a, b, stranger]) ear.close();
});

test("a frame is heard from peers alone, and when it is no longer than an input", async () => {
  if (!node) return;
  const [a, b, stranger] = [await Ear.open(), await Ear.open(), await Ear.open()];
  const one = await device({ wasm: METER, peers: [a.address, b.address], watch: true });
  const { port } = one.process;
  await stranger.send(Uint8Array.of(1), port);
  await a.send(new Uint8Array(1537), port);
  await a.send(new Uint8Array(0), port);
  await a.send(new Uint8Array(1536).fill(5), port);
  await b.send(Uint8Array.of(3), port);
  await one.until(() => one.all("heard").length === 2, "the peers are heard");
  assert.equal(
    one.all("heard").map(({ port, bytes, length }) => [port, bytes.length, length]),
    [
      [a.port, 32, 1536],
      [b.port, 1, 1],
    ],
  );
  one.process.peers([stranger.address]);
  await one.process.request(Uint8Array.of(1)); // the line before it was read
  await b.send(Uint8Array.of(4), port);
  await stranger.send(Uint8Array.of(5), port);
  await one.until(() => one.all("heard").length === 3, "the new peer is heard");
  assert.is(one.all("heard")[2].port, stranger.port);
  await one.process.quit();
  for (const ear of [a, b, stranger]) ear.close();
});

test("in a multicast group everybody hears everybody but oneself", async () => {
  if (!node) return;
  const group = `239.77.${1 + (process.pid & 127)}.1:${20000 + (process.pid % 20000)}`;
  const common = { program: node, sync: false, watch: true, group };
  const all = [wasm, METER, METER].map((module) => new Told({ wasm: module, ...common }));
  try {
    await Promise.all(all.map(({ process }) => process.booted));
  } catch (error) {
    console.log(`note: no multicast on loopback here: ${String(error).slice(0, 120)}`);
    return;
  }
  for (let i = 0; i < 5; i++)
    await all[0].process.request(effects(record(effect.SEND, 0, effect.EVERYBODY, Uint8Array.of(i))));
  for (const one of all.slice(1)) {
    const own = (): string[] =>
      one.all("heard").flatMap(({ port, bytes }) => (port === all[0].process.port ? [hex(bytes)] : []));
    await one.until(() => own().length === 5, "the frames are heard");
    assert.equal(own(), ["00", "01", "02", "03", "04"]);
  }
  assert.equal(all[0].all("heard"), [], "not its own");
  for (const { process } of all) await process.quit();
});

// ---- the console ----

test("lines that are wrong or too long are answered with words, and change nothing", async () => {
  if (!node) return;
  const one = await device();
  const wrong = [
    "",
    "hello",
    "request",
    "request ",
    "request 0",
    "request zz",
    "request 00 00",
    "requests 00",
    `request ${"00".repeat(1537)}`,
    "sense",
    "sense 1",
    "sense 16 5",
    "sense -1 5",
    "sense 1 9223372036854775808",
    "sense 1 -9223372036854775808",
    "sense 1 5 ",
    "sense 1  5",
    "peers 127.0.0.1",
    "peers 127.0.0.1:0",
    "peers 127.0.0.1:65536",
    "peers 127.0.0.1:1e3",
    "peers localhost:7000",
    `peers ${Array.from({ length: 65 }, (_, i) => `127.0.0.1:${1000 + i}`).join(" ")}`,
    "quit now",
    "page 1",
    "x".repeat(4096),
    "x".repeat(100_000),
    "a\0b",
  ];
  for (const line of wrong) {
    const before = one.all("error").length;
    one.process.say(line);
    await one.until(() => one.all("error").length === before + 1, `an error for ${JSON.stringify(line.slice(0, 40))}`);
  }
  assert.is((await one.process.request(Uint8Array.of(0))).reason !== 0, true, "the fixture's answer");
  assert.is(one.all("error").length, wrong.length);
  // at the limits all is well
  one.process.say("sense 15 -9223372036854775807\r");
  one.process.say(`peers ${Array.from({ length: 64 }, (_, i) => `127.0.0.1:${1000 + i}`).join(",")}`);
  await one.process.request(Uint8Array.of(4, 15));
  await one.process.request(Uint8Array.of(4, 15));
  assert.equal(one.all("act").map(({ value }) => value), [-(2n ** 63n) + 1n, -(2n ** 63n)]); // prettier-ignore
  assert.is(one.all("error").length, wrong.length);
  await one.process.quit();
});

test("random lines never end it", async () => {
  if (!node) return;
  const below = numbers("console");
  const one = await device();
  const words = [
    "request",
    "sense",
    "peers",
    "page",
    "0",
    "00",
    "-1",
    "127.0.0.1:9",
    " ",
    ",",
    ":",
    "\r",
    "\t",
    "é",
    "\x7f",
    "quit ",
  ];
  let lines = 0;
  for (let i = 0; i < 150 * rounds; i++) {
    const text = Array.from({ length: 100 }, () => {
      const line = Array.from({ length: below(6) }, () =>
        below(4) ? words[below(words.length)] : String.fromCharCode(below(256)),
      );
      return line
        .join(below(2) ? " " : "")
        .replaceAll("\n", "")
        .replace(/^(quit|page)$/, "");
    });
    lines += text.length;
    // requests of the fixture that end it are left out: 1..3 trap, 5 resets, 6 makes its ring, 7..9 trap
    one.process.say(text.map((line) => line.replace(/^request *0[1-9]/, "request 00")).join("\n"));
    if (i % 20 === 19) await one.process.request(Uint8Array.of(0));
  }
  await one.process.request(Uint8Array.of(0));
  assert.not.ok(one.process.over);
  console.log(`note: ${lines} random lines at the console, ${one.all("error").length} answered with an error`);
  await one.process.quit();
});

// ---- traps, resets, tapes ----

test("a reset restarts the device within the process, with fresh memory and the same flash", async () => {
  if (!node) return;
  const one = await device();
  await one.process.request(effects(record(effect.STORE, 2, 0, Uint8Array.of(1, 2, 3))));
  await one.process.request(Uint8Array.of(5));
  await one.until(() => one.all("boot").length === 2, "it boots again");
  assert.equal(one.all("boot").map(({ reason }) => reason), [0, 0], "0: the fixture found its memory fresh"); // prettier-ignore
  assert.equal(one.all("reset").map(({ reason }) => reason), [42]); // prettier-ignore
  await one.process.quit();
  assert.is(hex(readFileSync(one.flash).subarray(8192, 8196)), "010203ff");
});

for (const [what, request] of [
  ["unreachable", 1],
  ["out of bounds", 2],
  ["divide by zero", 3],
  ["no sequence of records", 6],
] as const)
  // prettier-ignore
  test(`a trap ends the process with status 70 and a tape that traps again: ${what}`, async () => {
    if (!node) return;
    await buildTool("replay");
    const path = file("tape");
    const one = await device({ tape: path });
    for (let i = 0; i < 3; i++) await one.process.request(Uint8Array.of(0, i));
    await one.process.request(Uint8Array.of(request, 9)).catch(() => {});
    const { status } = await one.process.ended;
    assert.is(status, 70);
    assert.is(one.all("trap").length, 1);
    const bytes = new Uint8Array(readFileSync(path));
    const records = tape.parse(bytes);
    assert.is(records.at(-1)?.type, tape.END);
    const notes = records.filter(({ type }) => type === tape.NOTE).map(({ payload }) => tape.note(payload) as { trap?: string });
    assert.is(notes.at(-1)?.trap, one.all("trap")[0].words);
    if (request === 6) return; // V8 and the addon have other words for a ring that is none
    for (const engine of ["v8", "wasm3"] as const) {
      const done = replay(bytes, engine, module);
      assert.is(done.divergence, null, `${engine}: ${done.divergence?.sentence}`);
      assert.is(done.traceHash, done.expected);
    }
    assert.match(run(paths.tool("replay"), [wasm, path]).stdout, "traps 1\n");
  });

test("a tape of a process that was killed replays as far as it goes", async () => {
  if (!node) return;
  const path = file("tape");
  const one = await device({ tape: path });
  for (let i = 0; i < 200; i++) await one.process.request(Uint8Array.of(4, 1, i));
  await one.process.kill();
  const { records } = tape.take(new Uint8Array(readFileSync(path)));
  assert.ok(records.filter(({ type, payload }) => type === tape.CALL && payload[0] === 3).length >= 200);
  const whole = Buffer.concat([tape.head(), ...records.map(({ type, payload }) => tape.record(type, payload))]);
  const { divergence } = replay(new Uint8Array(whole), "wasm3", module);
  assert.is(divergence, null, divergence?.sentence);
});

test("a tape that cannot be written any more ends; the device goes on", async () => {
  if (!node || !existsSync("/dev/full")) return;
  const one = await device({ tape: "/dev/full" }).catch(() => null);
  assert.is(one, null, "a tape that cannot even begin is told at the start");
});

test.run();
