// boards/esp32 without an ESP32: the port's own logic runs on a fake chip (test/boards/idf): it boots the module, answers, keeps its flash, refuses by number. A fake is no chip: nothing here says that the image
// builds or runs on one.

import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as line from "../../firmware/wire/line.ts";
import * as layout from "../../firmware/wire/slot.ts";
import * as request from "../../firmware/wire/request.ts";
import { fromHex, hex, u32 } from "../../host/device/bytes.ts";
import * as partition from "../../host/flash/partition.ts";
import * as slot from "../../host/flash/slot.ts";
import { understood } from "../../host/flash/listen.ts";
import * as provision from "../../host/fleet/provision.ts";
import { replay } from "../../host/tape/replay.ts";
import * as tape from "../../host/tape/tape.ts";
import * as refusal from "../../host/wire/refusal.ts";
import * as words from "../../host/wire/words.ts";
import { buildTool, paths, wasm3Folder } from "../../tools/boards.mjs";
import { fixture, lacking, root } from "./board.ts";
import { Fake, fakeEsp32, flashFile, freePort, KEY, moduleOf, table } from "./esp32.ts";
import { until } from "./posix.ts";

const program = await fakeEsp32();
const wasm = new Uint8Array(readFileSync(join(root, "build/device.wasm")));

/** A fake with radios that nobody hears. */
const alone = async (flash: string, ...more: string[]): Promise<Fake> =>
  new Fake(program!, flash, `udp=127.0.0.1:${await freePort()}`, ...more);

// ---- the project (that its files compile: source.test.ts) ----

const PORT = [
  ...readdirSync(join(root, "boards/esp32")).map((name) => `boards/esp32/${name}`),
  "boards/esp32/example/main.c",
].filter((path) => path.endsWith(".c"));

test("the component links every file of the port, and the runtime's that a device needs", () => {
  const cmake = readFileSync(join(root, "boards/esp32/synod/CMakeLists.txt"), "utf8");
  for (const file of PORT.filter((path) => !path.includes("example"))) assert.match(cmake, file.split("/").at(-1)!);
  const core = readdirSync(wasm3Folder()).filter((f) => /^m3_\w+\.c$/.test(f) && !f.startsWith("m3_api_"));
  for (const file of core.filter((f) => !/m3_(compile|core|code).c/.test(f))) assert.match(cmake, file);
  for (const file of ["fuse.c", "core.c", "heap.c", "box.c", "station.c"]) assert.match(cmake, file);
});

test("every option that the sources read is one of menuconfig", () => {
  const kconfig = readFileSync(join(root, "boards/esp32/synod/Kconfig"), "utf8");
  const known = new Set([...kconfig.matchAll(/^\s*config (\w+)$/gm)].map(([, name]) => name));
  const stub = readFileSync(join(root, "test/boards/idf/include/sdkconfig.h"), "utf8");
  const sources = PORT.map((path) => readFileSync(join(root, path), "utf8")).join("\n");
  const read = [...`${sources}${stub}`.matchAll(/CONFIG_(SYNOD_\w+)/g)].map(([, name]) => name);
  assert.ok(read.length > 30);
  for (const name of read) assert.ok(known.has(name), `${name} is no option of Kconfig`);
});

test("what is linked into every image reads no option that another one hides", () => {
  const kconfig = readFileSync(join(root, "boards/esp32/synod/Kconfig"), "utf8");
  const hidden = kconfig
    .split(/^\s*config /m)
    .slice(1)
    .filter((entry) => /^\s*depends on/m.test(entry))
    .map((entry) => entry.split("\n")[0]);
  assert.ok(hidden.includes("SYNOD_UDP_PORT"));
  for (const file of ["device.c", "flash.c", "nor.c", "module.c", "random.c", "sense.c"]) {
    const source = readFileSync(join(root, "boards/esp32", file), "utf8");
    for (const [, name] of source.matchAll(/CONFIG_(SYNOD_\w+)/g))
      assert.not.ok(hidden.includes(name), `${file}: ${name}`);
  }
});

test("the example's regions are large enough, and its module's partition for this module", () => {
  const least: [string, number, number][] = [
    ["config", 1, 0x2000],
    ["journal", 2, 0x3000],
    ["blocks", 3, 0x2000],
    ["snapshots", 4, 0x1000 + 2 * 12700],
    ["keys", 5, 0x10000],
  ];
  for (const [name, subtype, size] of least) {
    const found = table.find((p) => p.name === name);
    assert.is(found?.type, partition.SYNOD, name);
    assert.is(found?.subtype, subtype, name);
    assert.ok(found!.size >= size && found!.size <= 0x80000, name);
  }
  assert.ok(partition.slot(table).size > 2 * wasm.length);
});

// ---- flash, without power ----

for (const [name, sealed] of [
  ["fake-cut", true],
  ["fake-cut-plain", false],
] as const)
  test(`power that goes at any byte costs a ${sealed ? "sealed" : "plain"} flash only what was being written`, async () => {
    if (lacking("cc")) return;
    let path = paths.tool(`${name}-san`);
    await buildTool(name, { sanitize: true }).catch(async (e: unknown) => {
      if (process.env.CI === "true" || !/sanitize|asan|ubsan/i.test(String(e))) throw e;
      path = paths.tool(name);
      await buildTool(name);
    });
    const { stdout, stderr, status } = spawnSync(path, [], { encoding: "utf8", timeout: 60_000 });
    assert.is(status, 0, stdout + stderr);
    assert.ok(Number(/ok (\d+) cuts/.exec(stdout)![1]) >= 1000, stdout);
    // a copied flash: what is in it, on another chip, on a chip without a key
    if (sealed) assert.match(stdout, /^hidden\nelsewhere 956\nwithout 955\n/);
    else assert.match(stdout, /^plain\n/);
  });

// ---- a fake chip that lives ----

test("a fake ESP32 boots the module from its partition, says which, and answers a request", async () => {
  if (!program) return;
  const fake = await alone(flashFile(wasm));
  const here = await fake.next(line.HERE, "HERE");
  assert.is(moduleOf(here), hex(slot.digest(wasm)));
  assert.is(Buffer.from(here.bytes.subarray(line.HERE_NAME)).toString(), "esp32c3");
  await until(() => fake.all(line.BOOT).length > 0, "BOOT");
  const again = fake.next(line.HERE, "an answer to HELLO");
  fake.send(line.HELLO);
  assert.is(moduleOf(await again), moduleOf(here));
  assert.is(await fake.request(request.IDENTITY), 0);
  const [identity] = fake.events("identity");
  assert.match(identity.publicKey, /^[0-9a-f]{64}$/);
  assert.is(await fake.request(99), 180, "what nobody knows is refused by number");
  assert.is(fake.words, "");
  await fake.kill();
});

test("a call that traps leaves its tape on the line, the page before it too where the box has room, and the chip starts again", async () => {
  if (!program) return;
  const { wasm: faulty } = await fixture();
  const fake = await alone(flashFile(faulty));
  await until(() => fake.all(line.BOOT).length > 0, "BOOT", 30_000);
  await fake.request(4, 1);
  fake.send(line.REQUEST, 7, Uint8Array.of(3)); // divides by zero
  await until(() => fake.all(line.CRASH).some(({ a }) => a === 1), "the end of a tape", 30_000);
  assert.match(Buffer.from(fake.all(line.TRAP)[0].bytes).toString(), /divide by zero/);
  const parts = fake.all(line.CRASH);
  const bytes = new Uint8Array(Buffer.concat(parts.map((p) => p.bytes.subarray(line.CRASH_PART))));
  assert.is(u32(parts.at(-1)!.bytes, line.CRASH_OFFSET), bytes.length);
  const notes = tape.parse(bytes).filter(({ type }) => type === tape.NOTE);
  assert.equal(notes.map(({ payload }) => Object.keys(tape.note(payload) as object)), [["trap"]]); // prettier-ignore
  const { divergence, trapped } = replay(bytes, "v8", faulty);
  assert.equal([divergence, trapped], [null, true]);
  await until(() => fake.all(line.BOOT).length > 1, "it starts again", 30_000);
  await fake.kill();
});

test("its identity outlives the power, lies in no readable form in flash, and is nobody's on another chip", async () => {
  if (!program) return;
  const path = flashFile(wasm);
  let fake = await alone(path);
  await until(() => fake.events("identity").length > 0, "an identity", 30_000);
  const { publicKey } = fake.events("identity")[0];
  await fake.kill();
  fake = await alone(path);
  await until(() => fake.events("identity").length > 0, "an identity", 30_000);
  assert.is(fake.events("identity")[0].publicKey, publicKey);
  await fake.kill();
  const config = table.find((p) => p.name === "config")!;
  const cells = readFileSync(path).subarray(config.offset, config.offset + config.size);
  assert.is(cells.indexOf("SYID"), -1, "the record of the seed is sealed");
  assert.is.not(cells.indexOf("SYSL"), -1);
  const thief = new Fake(program, path, `key=${KEY.replaceAll("0", "f")}`, `udp=127.0.0.1:${await freePort()}`);
  const notice = Buffer.from((await thief.next(line.NOTICE, "a refusal")).bytes).toString();
  assert.match(notice, /^956 /);
  assert.is(thief.events("identity").length, 0);
  await thief.kill();
  assert.equal(
    readFileSync(path).subarray(config.offset, config.offset + config.size),
    cells,
    "and nothing was erased",
  );
});

/** A cell of these fakes, each provisioned with the keys of all. */
async function cellOf(fakes: Fake[]): Promise<void> {
  await until(() => fakes.every((f) => f.events("identity").length > 0), "identities", 30_000);
  const genesis = provision.make(
    provision.settings({ n: fakes.length, mtu: 250 }),
    fakes
      .map((f) => f.events("identity")[0])
      .map(({ publicKey, kid }) => ({ publicKey: fromHex(publicKey), kid: fromHex(kid) })),
  );
  for (const fake of fakes) fake.send(line.REQUEST, 0, provision.provision(new Uint8Array(32).fill(7), genesis));
  await until(() => fakes.every((f) => f.starts === 2), "all start again with their cell", 30_000);
}

const height = (f: Fake): number => f.events("commit").at(-1)?.height ?? 0;

test("two fakes on ESP-NOW's air are a cell: they commit blocks, and one that was killed goes on", async () => {
  if (!program) return;
  const [a, b] = [await freePort(), await freePort()];
  const flashes = [flashFile(wasm), flashFile(wasm)];
  const open = async (i: number): Promise<Fake> => alone(flashes[i], i === 0 ? `now=${a},${b}` : `now=${b},${a}`);
  const cell = [await open(0), await open(1)];
  await cellOf(cell);
  await until(() => cell.every((f) => height(f) >= 3), "blocks", 60_000);
  await cell[1].kill();
  cell[1] = await open(1);
  const before = height(cell[0]);
  await until(() => cell.every((f) => height(f) >= before + 2), "blocks after the death of one", 60_000);
  const digest = (f: Fake, h: number) => f.events("commit").find((e) => e.height === h)?.digest;
  assert.is(digest(cell[1], before + 2), digest(cell[0], before + 2));
  for (const fake of cell) {
    assert.is(fake.words, "");
    await fake.kill();
  }
});

test("two fakes are a cell by UDP alone: datagrams go to the address of the image, and what comes is heard", async () => {
  if (!program) return;
  // a relay between them: each sends to an address of its own, and hears from there
  const ports = [await freePort(), await freePort()];
  const sockets = await Promise.all(
    ports.map(async (port, i) => {
      const socket = createSocket({ type: "udp4", reuseAddr: true });
      socket.bind(port, `127.0.0.${i + 2}`);
      await once(socket, "listening");
      return socket;
    }),
  );
  let first = 0;
  sockets.forEach((socket, i) =>
    socket.on("message", (bytes) => {
      first ||= bytes[0];
      sockets[1 - i].send(bytes, ports[1 - i], "127.0.0.1");
    }),
  );
  const cell = ports.map((port, i) => new Fake(program, flashFile(wasm), `udp=127.0.0.${i + 2}:${port}`));
  await cellOf(cell);
  await until(() => cell.every((f) => height(f) >= 3), "blocks", 60_000);
  assert.is(first, 0x53, "what goes out is a Synod frame");
  for (const fake of cell) {
    assert.is(fake.words, "");
    await fake.kill();
  }
  for (const socket of sockets) socket.close();
});

test("sensors answer on the channels of menuconfig, once in a while, and the output's pin follows its actuator", () => {
  if (!program) return;
  const { stderr } = spawnSync(program, [flashFile(null), "sense"], { encoding: "utf8", timeout: 30_000 });
  assert.equal(stderr.trim().split("\n"), [
    "channel 0 -10500", // an LM75 at minus 10.5 degrees
    "channel 2 249", // a quarter of full scale
    "channel 3 1000",
    "pin 7 1",
    "pin 7 0",
  ]);
});

test("what is sensed there becomes a signed reading of the device", async () => {
  if (!program) return;
  const fake = await alone(flashFile(wasm));
  await cellOf([fake]);
  await until(() => fake.events("reading").length > 0, "a reading", 30_000);
  assert.is(fake.events("reading")[0].value, -10_500n);
  assert.is(fake.events("reading")[0].channel, 0);
  await fake.kill();
});

// ---- a fake chip that cannot live ----

/** What a board says that lacks something: its number, and that ERRORS.md explains it. */
async function refuses(number: number, flash: string, ...more: string[]): Promise<Fake> {
  const fake = await alone(flash, ...more);
  const heard = understood(await fake.next(line.NOTICE, `a notice with ${number}`));
  assert.is(heard?.what, "notice");
  if (heard?.what === "notice") assert.is(heard.number, number, heard.words);
  assert.ok(words.entries().some((e) => e.number === number));
  return fake;
}

const without = (name: string): partition.Partition[] => table.filter((p) => p.name !== name);

test("a board without a module says so by number, to whoever asks too, and starts again when told", async () => {
  if (!program) return;
  const fake = await refuses(refusal.BOARD_EMPTY, flashFile(null));
  const again = fake.next(line.NOTICE, "the same to HELLO");
  fake.send(line.HELLO);
  assert.match(Buffer.from((await again).bytes).toString(), /^951 there is no module yet/);
  fake.send(line.RESTART);
  await until(() => fake.starts === 2, "a restart", 30_000);
  await fake.kill();
});

test("a module that is cut short, rotten or of another length is not run", async () => {
  if (!program) return;
  const { offset } = partition.slot(table);
  const damage: [string, (cells: Uint8Array) => void][] = [
    ["its end is missing", (c) => c.fill(0xff, offset + layout.MODULE + wasm.length - 4096, offset + 0x40000)],
    ["one bit of it", (c) => (c[offset + layout.MODULE + 1000] ^= 4)],
    ["its length", (c) => (c[offset + layout.LENGTH] ^= 1)],
    ["a length beyond the partition", (c) => c.fill(0xff, offset + layout.LENGTH, offset + layout.LENGTH + 4)],
    ["its magic", (c) => (c[offset] ^= 1)],
    ["another version", (c) => (c[offset + layout.VERSION] ^= 2)],
  ];
  for (const [what, harm] of damage) {
    const path = flashFile(wasm);
    const cells = new Uint8Array(readFileSync(path));
    harm(cells);
    writeFileSync(path, cells);
    const fake = await refuses(refusal.BOARD_TORN, path);
    assert.is(fake.all(line.HERE).length, 0, what);
    await fake.kill();
  }
});

test("a module of another ABI, a table without a slot, a missing or an encrypted region: each has its number", async () => {
  if (!program) return;
  const other = new Uint8Array(wasm);
  other.set(Buffer.from("b00t"), Buffer.from(wasm).indexOf("\x04boot") + 1);
  const path = flashFile(wasm);
  const cells = new Uint8Array(readFileSync(path));
  const { offset } = partition.slot(table);
  cells.set(other, offset + layout.MODULE);
  cells.set(slot.digest(other), offset + layout.HASH);
  writeFileSync(path, cells);
  const locked = table.map((p) => (p.name === "journal" ? { ...p, encrypted: true } : p));
  for (const fake of [
    await refuses(refusal.BOARD_MODULE, path),
    await refuses(refusal.BOARD_SLOT, flashFile(null, without("module"))),
    await refuses(refusal.BOARD_FLASH, flashFile(wasm, without("journal"))),
    await refuses(refusal.BOARD_FLASH, flashFile(wasm, locked)),
    await refuses(refusal.BOARD_KEY, flashFile(wasm), "nokey"),
    await refuses(refusal.BOARD_RADIO, flashFile(wasm), "udp=nowhere:7000"),
  ])
    await fake.kill();
  assert.is(refusal.BOARD_OTHER, 956); // provoked above, by the thief
});

test("a board without partition keys lives without it", async () => {
  if (!program) return;
  const fake = await alone(flashFile(wasm, without("keys")));
  await until(() => fake.events("identity").length > 0, "an identity", 30_000);
  await fake.kill();
});

test.run();
