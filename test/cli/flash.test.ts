// `synod flash` against a fake boot loader (rom.ts): what it writes, where, and that the fake chip behind it boots that; what it refuses, by
// number, before a byte is written. No test here has seen an ESP32.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as flash from "../../host/cli/flash.ts";
import { hex } from "../../host/device/bytes.ts";
import * as image from "../../host/flash/image.ts";
import * as partition from "../../host/flash/partition.ts";
import * as serial from "../../host/flash/serial.ts";
import * as slot from "../../host/flash/slot.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { root, scratch } from "../boards/board.ts";
import { fakeEsp32, flashFile, table } from "../boards/esp32.ts";
import { until } from "../boards/posix.ts";
import { Board, serialport, type Faults } from "./rom.ts";
import { lines, synod } from "./synod.ts";

type Asked = Parameters<typeof flash.perform>[0];

const program = await fakeEsp32();
const installed = await serial.load("esptool-js").then(
  () => true,
  () => (console.log("skipped: esptool-js, an optional dependency, is not installed here"), false),
);
if (!installed && process.env.CI === "true") throw new Error("esptool-js is not installed");
const ready = program !== null && installed;
const built = (name: string): Uint8Array => new Uint8Array(readFileSync(join(root, "build", name)));
const asked = (more: Partial<Asked> = {}): Asked => ({
  port: "",
  baud: 460800,
  wasm: "",
  image: null,
  table: null,
  listenMs: 20_000,
  json: true,
  ...more,
});

/** Flashes a fake board; exit code and the lines of JSON. */
async function perform(board: Board, more: Partial<Asked> = {}, ports?: serial.Found[]) {
  const { write } = process.stdout;
  let out = "";
  process.stdout.write = ((text: string) => !!(out += text)) as typeof write;
  try {
    const code = await flash.perform(asked(more), serialport(board, ports));
    return { code, said: lines(out) };
  } finally {
    process.stdout.write = write;
  }
}

const boardOf = (module: Uint8Array | null, chip: "esp32" | "esp32c3" | "esp32c6" = "esp32c3", faults: Faults = {}) =>
  new Board(flashFile(module), program!, chip, faults);

async function refused(number: number, action: () => unknown, words = /./): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof refusal.Refused)) throw error;
    assert.is(error.number, number, error.message);
    return assert.match(error.message, words);
  }
  assert.unreachable(`not refused with ${number}`);
}

// ---- partition tables ----

const SINGLE = `# Name,   Type, SubType, Offset,  Size,   Flags
nvs,      data, nvs,     0x9000,  0x6000,
phy_init, data, phy,     0xf000,  0x1000,
factory,  app,  factory, 0x10000, 1M,
`;

test("a partition table is the bytes that ESP-IDF's format says", () => {
  const list = partition.parseCsv(SINGLE);
  const bytes = partition.encode(list);
  const nvs =
    "aa50" + "01" + "02" + "00900000" + "00600000" + Buffer.from("nvs").toString("hex").padEnd(32, "0") + "00000000";
  assert.is(hex(bytes, 0, 32), nvs);
  assert.is(hex(bytes, 64, 76), "aa50" + "00" + "00" + "00000100" + "00001000");
  assert.is(hex(bytes, 96, 112), "ebeb" + "ff".repeat(14));
  assert.is(hex(bytes, 128, 132), "ffffffff");
  assert.equal(partition.parse(bytes), list);
  assert.equal(partition.parse(Buffer.from(SINGLE)), list);
});

test("an offset that is left out follows what stands before it, an app at 64 KiB", () => {
  const list = partition.parseCsv("a, data, nvs,, 20K\nb, 0x53, 3,, 0x1000\nc, app, ota_1,, 64K, encrypted\n");
  assert.equal(
    list.map(({ offset, size, type, subtype, encrypted }) => [offset, size, type, subtype, encrypted]),
    [
      [0x9000, 0x5000, 1, 2, false],
      [0xe000, 0x1000, 0x53, 3, false],
      [0x10000, 0x10000, 0, 0x11, true],
    ],
  );
});

test("a table that contradicts itself, or is damaged, is refused", async () => {
  const no = (text: string, words: RegExp) => refused(refusal.FLASH_TABLE, () => partition.parseCsv(text), words);
  await no("", /no line/);
  await no("a, data, nvs, 0x9000, 0x2000\nb, data, phy, 0xa000, 0x1000", /b at 0xa000 overlaps/);
  await no("a, data, nvs, 0x8000, 0x1000", /overlaps/);
  await no("a, data, nvs, 0x9100, 0x1000", /does not start at a sector/);
  await no("a, date, nvs, 0x9000, 0x1000", /line 1 .* names no partition/);
  await no("a, data, nvs, 0x9000, lots", /no offset or size/);
  await no("a-name-of-seventeen, data, nvs, 0x9000, 1M", /names no partition/);
  const bytes = partition.encode(table);
  bytes[5] ^= 0x10;
  await refused(refusal.FLASH_TABLE, () => partition.parse(bytes), /MD5 does not match/);
  await refused(refusal.FLASH_TABLE, () => partition.parseBinary(new Uint8Array(96)), /no partition table/);
  await refused(refusal.FLASH_TABLE, () => partition.slot(partition.parseCsv(SINGLE)), /it has nvs, phy_init, factory/);
});

// ---- modules and images ----

test("what no board would boot is not packed", async () => {
  const device = built("device.wasm");
  await refused(refusal.FLASH_MODULE, () => slot.pack(Buffer.from("\x7fELF"), 9999), /no WebAssembly module/);
  await refused(refusal.FLASH_MODULE, () => slot.pack(device.slice(0, -1), 1 << 20), /broken/);
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  await refused(refusal.FLASH_MODULE, () => slot.pack(empty, 9999), /does not export boot, input, receive/);
  await refused(refusal.FLASH_ROOM, () => slot.pack(device, device.length + 63), /takes \d+ bytes, its partition has/);
  assert.is(slot.pack(device, device.length + 64).length, device.length + 64);
});

/** A folder as idf.py build leaves it, its files of noise. */
function buildFolder(chip: string, change: (files: Record<string, string>) => void = () => undefined): string {
  const folder = join(scratch, `build-${chip}-${Math.random()}`);
  const files: Record<string, string> = {
    "0x0": "bootloader/bootloader.bin",
    "0x8000": "partition_table/partition-table.bin",
    "0x10000": "synod.bin",
  };
  for (const path of ["bootloader", "partition_table"]) mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(
    join(folder, files["0x0"]),
    Uint8Array.from({ length: 5000 }, (_, i) => i * 31),
  );
  writeFileSync(join(folder, files["0x8000"]), partition.encode(table));
  writeFileSync(
    join(folder, files["0x10000"]),
    Uint8Array.from({ length: 70_000 }, (_, i) => (i * i) >> 3),
  );
  change(files);
  const args = { flash_files: files, extra_esptool_args: { chip, after: "hard_reset" } };
  writeFileSync(join(folder, "flasher_args.json"), JSON.stringify(args));
  return folder;
}

test("a folder that idf.py did not fill is refused, and says which file is missing", async () => {
  await refused(refusal.FLASH_IMAGE, () => image.read(scratch), /flasher_args.json cannot be read/);
  const gone = buildFolder("esp32c3", (files) => (files["0x20000"] = "storage.bin"));
  await refused(refusal.FLASH_IMAGE, () => image.read(gone), /storage.bin, which is not there/);
  const bare = buildFolder("esp32c3", (files) => delete files["0x8000"]);
  await refused(refusal.FLASH_IMAGE, () => image.read(bare), /no partition table/);
  const clash = buildFolder("esp32c3", (files) => (files["0x11000"] = "bootloader/bootloader.bin"));
  await refused(refusal.FLASH_IMAGE, () => image.read(clash), /synod.bin runs into bootloader/);
});

// ---- a dry run ----

test("--dry-run says what would be written where, and opens no port", async () => {
  const { code, out } = await synod("flash", "--dry-run");
  assert.is(code, 0);
  const size = built("device.wasm").length + 64;
  assert.match(out, new RegExp(`^0x190000 +${size} bytes  .*device.wasm\nnothing was written`));
  const folder = buildFolder("esp32");
  const json = lines((await synod("flash", "--dry-run", "--json", "--image", folder)).out);
  assert.equal(
    json.slice(0, -1).map(({ what, offset }) => [what, offset]),
    [0, 0x8000, 0x10000, 0x190000].map((offset) => ["part", offset]),
  );
  assert.match(String(json[3].name), /compact.wasm$/, "an ESP32 is an Xtensa");
  assert.is(json.at(-1)!.what, "plan");
});

test("the command line: exit code 2 for what makes no sense, 1 and a number for what cannot be", async () => {
  for (const [line, code, words] of [
    ["flash --baud fast", 2, /--baud must be a whole number/],
    ["flash --wasm nowhere.wasm --dry-run", 2, /there is no file nowhere.wasm/],
    ["flash --table nowhere.csv --dry-run", 2, /there is no file nowhere.csv/],
    ["flash --wasm none --dry-run", 2, /nothing to write/],
    ["flash --image nowhere --dry-run", 1, /cannot be read.*ERRORS.md#e946/],
    [`flash --wasm ${join(root, "package.json")} --dry-run`, 1, /no WebAssembly module.*ERRORS.md#e945/],
  ] as [string, number, RegExp][]) {
    const heard = await synod(...line.split(" "));
    assert.is(heard.code, code, line + heard.err);
    assert.match(heard.err, words);
    assert.is(heard.out, "");
  }
});

// ---- a fake board ----

test("a module goes into the partition that the board's own table names, nothing else changes, and the chip boots it", async () => {
  if (!ready) return;
  const board = boardOf(null);
  const before = readFileSync(board.path);
  const { code, said } = await perform(board);
  board.close();
  const module = built("device.wasm");
  assert.is(code, 0, JSON.stringify(said.at(-1)));
  const done = said.at(-1) as { what: string; chip: string; bytes: number; heard: unknown };
  assert.is(done.what, "done");
  assert.is(done.chip, "ESP32-C3");
  assert.equal(done.heard, { what: "here", board: "esp32c3", module: hex(slot.digest(module)) });
  const progress = said.filter(({ what }) => what === "progress");
  assert.is(progress.at(-1)!.written, done.bytes);
  assert.ok(progress.every((p) => Number(p.leftMs) >= 0) && Number(progress.at(-1)!.bytesPerSecond) > 0);
  assert.equal(board.bauds, [115200, 460800, 921600], "the boot loader's, the one asked for, the line's");
  // the fake chip booted, so regions of its own may have changed; all before them is the table and the module
  const after = readFileSync(board.path);
  const { offset, size } = partition.slot(table);
  assert.equal(after.subarray(0, offset), before.subarray(0, offset));
  assert.equal(after.subarray(offset + 64, offset + 64 + module.length), Buffer.from(module));
  const next = Math.ceil((offset + done.bytes) / 0x1000) * 0x1000;
  assert.equal(after.subarray(next, offset + size), before.subarray(next, offset + size));
});

test("an ESP32, which has no security information and no tail calls, is known by its register and gets the compact module", async () => {
  if (!ready) return;
  const board = boardOf(null, "esp32");
  const { code, said } = await perform(board);
  board.close();
  assert.is(code, 0);
  const { heard, chip } = said.at(-1) as { heard: { module: string }; chip: string };
  assert.is(chip, "ESP32");
  assert.is(heard.module, hex(slot.digest(built("compact.wasm"))));
});

test("a whole image goes to a blank board part by part, then the module; a board that has lost its table is told to take one", async () => {
  if (!ready) return;
  const blank = flashFile(null);
  writeFileSync(blank, new Uint8Array(0x400000).fill(0xff));
  await refused(refusal.FLASH_TABLE, () => perform(new Board(blank, program!)), /no partition table/);
  const board = new Board(blank, program!);
  const made = image.read(buildFolder("esp32c3"));
  const { code } = await perform(board, { image: made });
  board.close();
  assert.is(code, 0);
  assert.equal(board.written, [0, 0x8000, 0x10000, 0x190000]);
  const cells = readFileSync(blank);
  for (const { offset, bytes } of made.parts)
    assert.equal(cells.subarray(offset, offset + bytes.length), Buffer.from(bytes));
});

test("nothing is written to a board that the image is not for, or whose partitions are too small for it", async () => {
  if (!ready) return;
  const board = boardOf(null, "esp32c6");
  const other = image.read(buildFolder("esp32c3"));
  await refused(refusal.FLASH_IMAGE, () => perform(board, { image: other }), /for esp32c3, the board is an ESP32-C6/);
  const small = table.map((p) => (p.name === "factory" ? { ...p, size: 0x1000 } : p));
  const tight = { ...image.read(buildFolder("esp32c6")), table: small };
  await refused(
    refusal.FLASH_ROOM,
    () => perform(board, { image: tight }),
    /synod.bin at 0x10000 .* runs past 0x11000/,
  );
  const locked = table.map((p) => (p.name === "module" ? { ...p, encrypted: true } : p));
  await refused(refusal.FLASH_TABLE, () => perform(board, { table: locked }), /flash-encrypted/);
  assert.equal(board.written, []);
});

test("a write that is cut short is told so; the board refuses what it has, and a second one mends it", async () => {
  if (!ready) return;
  const board = boardOf(built("device.wasm"), "esp32c3", { cut: 10_000 });
  await refused(refusal.FLASH_WRITE, () => perform(board), /was not written at 0x190000/);
  const again = new Board(board.path, program!);
  let heard = "";
  again.hears(
    (bytes) => void (heard += Buffer.from(bytes).toString("latin1")),
    () => undefined,
  );
  again.signals({ dtr: false, rts: true });
  again.signals({ dtr: false, rts: false }); // plugged in again: what lies in flash runs
  await until(() => heard.includes("952 the module is torn"), "the board says that its module is torn", 20_000);
  assert.is((await perform(again)).code, 0);
  again.close();
});

test("flash that does not hold what was written is found by the chip's own MD5", async () => {
  if (!ready) return;
  const board = boardOf(null, "esp32c3", { rot: 12_345 });
  await refused(refusal.FLASH_WRITE, () => perform(board), /MD5 of file does not match/);
});

test("a board that cannot start says why, and that is a failure; one that says nothing is not", async () => {
  if (!ready) return;
  const lame = table.filter((p) => p.name !== "journal");
  const board = new Board(flashFile(null, lame), program!);
  const { code, said } = await perform(board);
  board.close();
  assert.is(code, 1);
  assert.is((said.at(-1) as { heard: { number: number } }).heard.number, refusal.BOARD_FLASH);
  const mute = boardOf(null);
  assert.is((await perform(mute, { listenMs: 0 })).code, 0);
  mute.close();
});

test("no port, several ports, one that is not there, and one that is silent are told apart", async () => {
  if (!ready) return;
  const board = boardOf(null, "esp32c3", { silent: true });
  const several = ["/dev/fake", "/dev/other"].map((path) => ({ path, vendorId: "303A" }));
  await refused(refusal.FLASH_PORT, () => perform(board, {}, [{ path: "/dev/mouse", vendorId: "046d" }]), /no board/);
  await refused(refusal.FLASH_PORT, () => perform(board, {}, several), /several serial ports.*fake, \/dev\/other/);
  await refused(refusal.FLASH_PORT, () => perform(board, { port: "/dev/gone" }), /dev\/gone cannot be opened/);
  await refused(refusal.FLASH_SILENT, () => perform(board), /no chip answers/);
  await refused(refusal.FLASH_TOOL, () => serial.load("no-such-package-at-all"), /cannot be loaded/);
});

// ---- the package serialport itself, over its own mock of a port ----

test("the port that esptool-js drives is one of serialport: bytes both ways, signals both at once, an end", async () => {
  interface Mock {
    SerialPortMock: serial.Binding & { binding: { createPort(path: string, o: object): void } };
  }
  const mock = await serial.load<Mock>("serialport").catch(() => null);
  if (mock === null) return console.log("skipped: serialport, an optional dependency, is not installed here");
  const { SerialPortMock } = mock;
  SerialPortMock.binding.createPort("/dev/mock", { echo: true, record: true });
  const port = new serial.NodePort(SerialPortMock, { path: "/dev/mock", vendorId: "303a", productId: "1001" });
  assert.equal(port.getInfo(), { usbVendorId: 0x303a, usbProductId: 0x1001 });
  await port.open({ baudRate: 115200 });
  await port.setSignals({ dataTerminalReady: true });
  await port.setSignals({ requestToSend: true });
  await port.setBaudRate(921600);
  const writer = port.writable!.getWriter();
  const reader = port.readable!.getReader();
  await writer.write(Uint8Array.of(1, 0, 255));
  assert.equal((await reader.read()).value, Uint8Array.of(1, 0, 255));
  writer.releaseLock();
  reader.releaseLock();
  await port.close();
  assert.is(port.readable, null);
});

test.run();
