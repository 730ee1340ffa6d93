// What `idf.py build` left in a folder: flasher_args.json and the files that it names.
//
//   { "flash_files": { "0x0": "bootloader/bootloader.bin", "0x8000": "partition_table/partition-table.bin", ... },
//     "extra_esptool_args": { "chip": "esp32c3" } }
//
// Rule: all files are read before anything is written.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as refusal from "../wire/refusal.ts";
import * as partition from "./partition.ts";

/** Bytes and where they go. */
export interface Part {
  readonly name: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface Image {
  /** As esptool calls it: "esp32c3". */
  readonly chip: string;
  readonly parts: readonly Part[];
  readonly table: partition.Partition[];
}

const refuse = (why: string): never => {
  throw new refusal.Refused(refusal.FLASH_IMAGE, why);
};

/** Reads a build folder. */
export function read(folder: string): Image {
  const path = join(folder, "flasher_args.json");
  let args: { flash_files?: Record<string, string>; extra_esptool_args?: { chip?: string } } = {};
  try {
    args = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    refuse(`${path} cannot be read: ${(error as Error).message}`);
  }
  const parts = Object.entries(args.flash_files ?? {}).map(([place, name]): Part => {
    try {
      return { name, offset: Number(place), bytes: new Uint8Array(readFileSync(join(folder, name))) };
    } catch {
      return refuse(`${path} names ${name}, which is not there; run idf.py build again`);
    }
  });
  parts.sort((a, b) => a.offset - b.offset);
  const table = parts.find(({ offset }) => offset === partition.TABLE_OFFSET);
  if (table === undefined || parts.some(({ offset }) => !Number.isInteger(offset)))
    return refuse(`${path} names no partition table at 0x8000`);
  for (const [i, part] of parts.entries()) {
    const next = parts[i + 1];
    if (next !== undefined && part.offset + part.bytes.length > next.offset)
      refuse(`${part.name} runs into ${next.name} at 0x${next.offset.toString(16)}`);
  }
  return { chip: args.extra_esptool_args?.chip ?? "", parts, table: partition.parse(table.bytes) };
}
