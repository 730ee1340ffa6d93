// `synod flash`: writes a module, or a whole image and a module, to an ESP32 at a serial port.
//
//   module       into the partition that the board's own table names, with a head (firmware/wire/slot.ts): seconds
//   --image      what idf.py build made, by its flasher_args.json, then the module
//   --dry-run    says what would be written where; touches no port
//
// Rule: everything is read, checked and placed before the first byte is written; written means that the chip's MD5 agreed.

import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { hex } from "../device/bytes.ts";
import { Chip } from "../flash/chip.ts";
import * as image from "../flash/image.ts";
import { listen, type Heard } from "../flash/listen.ts";
import * as partition from "../flash/partition.ts";
import * as serial from "../flash/serial.ts";
import * as slot from "../flash/slot.ts";
import * as refusal from "../wire/refusal.ts";
import * as words from "../wire/words.ts";
import { JSON_SWITCH, switched, valued, type Command } from "./command.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { Progress } from "./progress.ts";

const BAUD = 921600;
/** What boards/esp32 speaks on its line. */
const LINE_BAUD = 921600;
const PROJECT = fileURLToPath(new URL("../../boards/esp32/example/partitions.csv", import.meta.url));

interface Asked {
  readonly port: string;
  readonly baud: number;
  /** A module's path, "" for the built one of the chip's profile, "none" for none. */
  readonly wasm: string;
  readonly image: image.Image | null;
  readonly table: partition.Partition[] | null;
  readonly listenMs: number;
  readonly json: boolean;
}

const hexOf = (offset: number): string => `0x${offset.toString(16)}`;
const kilo = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;
const emit = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);

/** A chip's name as esptool's arguments spell it: "ESP32-C3" is "esp32c3". */
const spelled = (chip: string): string => chip.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The module as it lies in flash; null for none. */
function moduleOf(asked: Asked, xtensa: boolean): { name: string; bytes: Uint8Array } | null {
  if (asked.wasm === "none") return null;
  if (asked.wasm !== "") return { name: asked.wasm, bytes: engine.module(asked.wasm) };
  const name = xtensa ? "compact.wasm" : "device.wasm";
  return { name: relative(process.cwd(), engine.builtPath(name)), bytes: engine.built(name) };
}

/** A part that runs out of its partition would overwrite another. */
function fits(part: image.Part, table: readonly partition.Partition[]): void {
  const place = table.find((p) => part.offset >= p.offset && part.offset < p.offset + p.size);
  const end = place ? place.offset + place.size : Math.min(...table.map((p) => p.offset));
  if ((place !== undefined || part.offset < end) && part.offset + part.bytes.length > end)
    throw new refusal.Refused(
      refusal.FLASH_ROOM,
      `${part.name} at ${hexOf(part.offset)} takes ${part.bytes.length} bytes and runs past ${hexOf(end)}`,
    );
}

/** What goes where, in the order in which it is written. */
export function plan(asked: Asked, table: readonly partition.Partition[], xtensa: boolean): image.Part[] {
  const parts = [...(asked.image?.parts ?? [])];
  const module = moduleOf(asked, xtensa);
  if (module !== null) {
    const place = partition.slot(table);
    if (place.encrypted)
      throw new refusal.Refused(
        refusal.FLASH_TABLE,
        `partition ${place.name} is flash-encrypted: what is written from here would be decrypted to noise`,
      );
    parts.push({ name: module.name, offset: place.offset, bytes: slot.pack(module.bytes, place.size) });
  }
  if (parts.length === 0) throw new exit.Usage("nothing to write: --wasm none without --image");
  for (const part of parts) fits(part, table);
  return parts;
}

/** Says what would be written. */
function dry(asked: Asked): number {
  const known = asked.table ?? asked.image?.table ?? partition.parse(new Uint8Array(readFileSync(PROJECT)));
  const parts = plan(asked, known, ["esp32", "esp32s2", "esp32s3"].includes(asked.image?.chip ?? ""));
  if (asked.json) {
    for (const { name, offset, bytes } of parts) emit({ what: "part", name, offset, bytes: bytes.length });
    emit({ what: "plan", parts: parts.length, bytes: parts.reduce((sum, p) => sum + p.bytes.length, 0), table: known });
    return exit.OK;
  }
  for (const { name, offset, bytes } of parts)
    process.stdout.write(`${hexOf(offset).padEnd(10)}${String(bytes.length).padStart(9)} bytes  ${name}\n`);
  process.stdout.write("nothing was written: --dry-run\n");
  return exit.OK;
}

/** Writes the parts and shows how far it is; milliseconds that it took. */
async function write(chip: Chip, parts: image.Part[], json: boolean): Promise<number> {
  const total = parts.reduce((sum, p) => sum + p.bytes.length, 0);
  const progress = new Progress(json);
  const began = performance.now();
  await chip.write(parts, (part, n) => {
    const before = parts.slice(0, parts.indexOf(part)).reduce((sum, p) => sum + p.bytes.length, 0);
    const written = before + n;
    const rate = written / Math.max(0.001, (performance.now() - began) / 1000);
    const left = (total - written) / Math.max(1, rate);
    if (json)
      emit({
        what: "progress",
        part: part.name,
        written,
        of: total,
        bytesPerSecond: Math.round(rate),
        leftMs: Math.round(1000 * left),
      });
    progress.show(
      `${String(Math.floor((100 * written) / total)).padStart(3)} %  ${kilo(written)} of ${kilo(total)}  ${kilo(rate)}/s  ${left.toFixed(1)} s left  ${part.name}`,
    );
  });
  progress.clear();
  return performance.now() - began;
}

/** What the board says after its reset. */
async function answer(binding: serial.Binding, found: serial.Found, limitMs: number): Promise<Heard> {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    const port = new serial.NodePort(binding, found);
    try {
      await port.open({ baudRate: LINE_BAUD });
      return await listen(port, end - performance.now());
    } catch {
      await new Promise((done) => setTimeout(done, 200)); // its own USB port is gone for a moment
    } finally {
      await port.close().catch(() => undefined);
    }
  }
  return { what: "nothing" };
}

/** The same as a sentence, and whether all is well. */
function verdict(heard: Heard, expected: string): { line: string; well: boolean } {
  if (heard.what === "nothing")
    return {
      line: "the board says nothing on its line; if its image is older than its module, write both",
      well: true,
    };
  if (heard.what === "notice")
    return {
      line: `the board says: ${heard.words}${heard.number ? ` (${words.anchor(heard.number)})` : ""}`,
      well: false,
    };
  if (expected !== "" && heard.module !== expected)
    return { line: `the board still runs another module, ${heard.module.slice(0, 16)}`, well: false };
  return { line: `${heard.board} runs module ${heard.module.slice(0, 16)}`, well: true };
}

/** Flashes a board behind a port of this kind. */
export async function perform(asked: Asked, binding: serial.Binding): Promise<number> {
  const found = await serial.choose(binding, asked.port);
  const said: string[] = [];
  const chip = await Chip.connect(new serial.NodePort(binding, found), asked.baud, (line) => void said.push(line));
  let parts: image.Part[];
  let ms: number;
  try {
    if (asked.json) emit({ what: "chip", port: found.path, chip: chip.name, description: chip.description });
    else process.stdout.write(`${chip.description} at ${found.path}\n`);
    const made = asked.image?.chip ?? "";
    if (made !== "" && made !== spelled(chip.name))
      throw new refusal.Refused(refusal.FLASH_IMAGE, `this image is for ${made}, the board is an ${chip.name}`);
    parts = plan(asked, asked.table ?? asked.image?.table ?? (await chip.table()), chip.xtensa);
    ms = await write(chip, parts, asked.json);
    await chip.reset();
  } finally {
    await chip.close();
  }
  const bytes = parts.reduce((sum, p) => sum + p.bytes.length, 0);
  const module = moduleOf(asked, chip.xtensa);
  const heard = await answer(binding, found, asked.listenMs);
  const { line, well } = verdict(heard, module === null ? "" : hex(slot.digest(module.bytes)));
  if (asked.json) {
    const list = parts.map(({ name, offset, bytes: { length } }) => ({ name, offset, bytes: length }));
    emit({ what: "done", port: found.path, chip: chip.name, parts: list, bytes, ms: Math.round(ms), heard });
  } else {
    for (const part of parts) process.stdout.write(`${hexOf(part.offset).padEnd(10)}${part.name}\n`);
    process.stdout.write(
      `wrote ${kilo(bytes)} in ${(ms / 1000).toFixed(1)} s, ${kilo(bytes / (ms / 1000))}/s; the chip's MD5 agrees\n`,
    );
    if (asked.listenMs > 0) process.stdout.write(`${line}\n`);
  }
  return well ? exit.OK : exit.FAILED;
}

/** Reads the command line. */
export function read(values: flag.Values): Asked {
  const folder = flag.text(values, "image");
  const table = flag.text(values, "table");
  if (table !== "" && !existsSync(table)) throw new exit.Usage(`there is no file ${table}`);
  return {
    port: flag.text(values, "port"),
    baud: flag.integer(values, "baud", BAUD, 9600, 4_000_000),
    wasm: flag.text(values, "wasm"),
    image: folder === "" ? null : image.read(folder),
    table: table === "" ? null : partition.parse(new Uint8Array(readFileSync(table))),
    listenMs: 1000 * flag.decimal(values, "listen", 5, 0, 600),
    json: flag.on(values, "json"),
  };
}

export const command: Command = {
  usage: "flash",
  about: "Write a module, or an image and a module, to an ESP32, S3, C3 or C6 at a serial port",
  more: [
    "Without --image only the partition of the module is written: the board keeps its identity, its ledger and its image.",
    "After the write the board is reset and asked what it runs. boards/esp32/README.md builds the image.",
  ],
  options: [
    valued("--port", "Serial port (default: the one board that is plugged in)"),
    valued("--baud", `Bits per second while writing (default ${BAUD})`),
    valued("--wasm", "Module (default build/device.wasm, on Xtensa chips build/compact.wasm; none: write no module)"),
    valued("--image", "Folder that idf.py build filled: write its image first"),
    valued("--table", "Partition table, CSV or binary (default: the image's, or the one on the board)"),
    valued("--listen", "Seconds to wait for what the board says afterwards (default 5; 0: do not ask)"),
    switched("--dry-run", "Say what would be written where, and write nothing"),
    JSON_SWITCH,
  ],
  examples: [
    "flash",
    "flash --image boards/esp32/example/build --port /dev/ttyUSB0",
    "flash --wasm build/app.wasm --dry-run",
  ],
  async run(values) {
    const asked = read(values);
    if (flag.on(values, "dry-run")) return dry(asked);
    const { SerialPort } = await serial.load<{ SerialPort: serial.Binding }>("serialport");
    return perform(asked, SerialPort);
  },
};
