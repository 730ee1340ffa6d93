// ESP-IDF's partition table: as its CSV says it, and as it lies in flash at 0x8000.
//
//   entry, 32 B     0 magic 0x50aa u16 · 2 type u8 · 3 subtype u8 · 4 offset u32 · 8 size u32 · 12 name 16 B · 28 flags u32 (bit 0: encrypted)
//   after the last  0 magic 0xebeb u16 · 2 0xff 14 B · 16 MD5 of all entries; then 0xff up to 0xc00
//
// Rule: a table that is damaged, or whose partitions overlap, is refused by number: nothing is written by guess.

import { createHash } from "node:crypto";
import { putU32, u32 } from "../device/bytes.ts";
import * as refusal from "../wire/refusal.ts";

export interface Partition {
  readonly name: string;
  readonly type: number;
  readonly subtype: number;
  readonly offset: number;
  readonly size: number;
  readonly encrypted: boolean;
}

/** Where the table lies, and its bytes. */
export const TABLE_OFFSET = 0x8000;
export const TABLE_SIZE = 0xc00;
const SECTOR = 0x1000;
const ENTRY = 32;
const NAME = 12;
const NAME_SIZE = 16;
const MAGIC = [0xaa, 0x50];
const MD5 = [0xeb, 0xeb];

/** Synod's partition type; the module is subtype 0, the device's regions are their own number. */
export const SYNOD = 0x53;

const TYPES: Readonly<Record<string, number>> = { app: 0, data: 1 };
const SUBTYPES: Readonly<Record<string, number>> = {
  factory: 0,
  test: 0x20,
  ota: 0,
  phy: 1,
  nvs: 2,
  coredump: 3,
  nvs_keys: 4,
  efuse: 5,
  undefined: 6,
  fat: 0x81,
  spiffs: 0x82,
  littlefs: 0x83,
};
const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 * 1024 };

const refuse = (why: string): never => {
  throw new refusal.Refused(refusal.FLASH_TABLE, why);
};

/** The number that a field of the CSV spells; undefined when it spells none. */
function number(text: string): number | undefined {
  const [, digits, unit] = /^(0x[0-9a-f]+|\d+)([km]?)$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * UNITS[unit.toLowerCase()];
}

/** A table without contradictions, by offset. */
function checked(list: Partition[]): Partition[] {
  const sorted = [...list].sort((a, b) => a.offset - b.offset);
  let end = TABLE_OFFSET + SECTOR;
  for (const p of sorted) {
    if (p.offset < end) refuse(`partition ${p.name} at 0x${p.offset.toString(16)} overlaps what lies before it`);
    if (p.offset % SECTOR !== 0 || p.size === 0) refuse(`partition ${p.name} does not start at a sector, or is empty`);
    end = p.offset + p.size;
  }
  return sorted;
}

/** Reads partitions.csv. An offset that is left out follows what stands before it. */
export function parseCsv(text: string): Partition[] {
  const list: Partition[] = [];
  let next = TABLE_OFFSET + SECTOR;
  for (const [i, line] of text.split("\n").entries()) {
    const fields = line.replace(/#.*/, "").split(",");
    if (fields.join("").trim() === "") continue;
    const [name, kind, sub, place = "", length = "", flags = ""] = fields.map((field) => field.trim());
    const type = TYPES[kind] ?? number(kind);
    const ota = /^ota_(\d+)$/.exec(sub ?? "");
    const subtype = ota ? 0x10 + Number(ota[1]) : (SUBTYPES[sub] ?? number(sub ?? ""));
    const align = type === TYPES.app ? 0x10000 : SECTOR;
    const offset = place === "" ? Math.ceil(next / align) * align : number(place);
    const size = number(length);
    if (name === "" || name.length > NAME_SIZE || type === undefined || subtype === undefined)
      refuse(`line ${i + 1} of the partition table names no partition: ${line.trim()}`);
    if (offset === undefined || size === undefined)
      refuse(`line ${i + 1} of the partition table has no offset or size`);
    list.push({
      name,
      type: type!,
      subtype: subtype!,
      offset: offset!,
      size: size!,
      encrypted: flags.includes("encrypted"),
    });
    next = offset! + size!;
  }
  if (list.length === 0) refuse("the partition table has no line");
  return checked(list);
}

const starts = (bytes: Uint8Array, at: number, magic: readonly number[]): boolean =>
  bytes[at] === magic[0] && bytes[at + 1] === magic[1];

const md5 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("md5").update(bytes).digest());

/** Reads the table as it lies in flash. */
export function parseBinary(bytes: Uint8Array): Partition[] {
  const list: Partition[] = [];
  let at = 0;
  for (; at + ENTRY <= bytes.length && starts(bytes, at, MAGIC); at += ENTRY) {
    const name = Buffer.from(bytes.subarray(at + NAME, at + NAME + NAME_SIZE))
      .toString("latin1")
      .replace(/\0.*/s, "");
    list.push({
      name,
      type: bytes[at + 2],
      subtype: bytes[at + 3],
      offset: u32(bytes, at + 4),
      size: u32(bytes, at + 8),
      encrypted: (bytes[at + 28] & 1) === 1,
    });
  }
  if (list.length === 0) refuse(`there is no partition table at 0x${TABLE_OFFSET.toString(16)}`);
  if (starts(bytes, at, MD5) && Buffer.compare(md5(bytes.subarray(0, at)), bytes.subarray(at + 16, at + ENTRY)) !== 0)
    refuse("the partition table in flash is damaged: its MD5 does not match");
  return checked(list);
}

/** The table as it lies in flash. */
export function encode(list: readonly Partition[]): Uint8Array {
  const bytes = new Uint8Array(TABLE_SIZE).fill(0xff);
  list.forEach((p, i) => {
    const at = ENTRY * i;
    bytes.fill(0, at, at + ENTRY);
    bytes.set([...MAGIC, p.type, p.subtype], at);
    putU32(bytes, at + 4, p.offset);
    putU32(bytes, at + 8, p.size);
    bytes.set(Buffer.from(p.name, "latin1"), at + NAME);
    bytes[at + 28] = p.encrypted ? 1 : 0;
  });
  const end = ENTRY * list.length;
  bytes.set(MD5, end);
  bytes.set(md5(bytes.subarray(0, end)), end + 16);
  return bytes;
}

/** Reads either form: the binary one begins with its magic. */
export const parse = (bytes: Uint8Array): Partition[] =>
  starts(bytes, 0, MAGIC) ? parseBinary(bytes) : parseCsv(Buffer.from(bytes).toString("utf8"));

/** Where the module goes. */
export function slot(list: readonly Partition[]): Partition {
  const found = list.find((p) => p.type === SYNOD && p.subtype === 0);
  if (found === undefined)
    throw new refusal.Refused(
      refusal.FLASH_TABLE,
      `this partition table has no partition for a module (type 0x53, subtype 0); it has ${list.map((p) => p.name).join(", ")}`,
    );
  return found;
}
