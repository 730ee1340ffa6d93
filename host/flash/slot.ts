// A module as it lies in its partition (firmware/wire/slot.ts): a head with its length and SHA-256, then the module.

import { createHash } from "node:crypto";
import * as layout from "../../firmware/wire/slot.ts";
import { putU32 } from "../device/bytes.ts";
import * as refusal from "../wire/refusal.ts";

const WASM = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** What a board calls; boards/runtime/node.c asks for them. */
const EXPORTS = ["boot", "input", "receive", "request", "tick", "output"];

/** SHA-256 of a module. */
export const digest = (module: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(module).digest());

/** Refuses what no board would boot. */
function check(module: Uint8Array): void {
  const refuse = (why: string): never => {
    throw new refusal.Refused(refusal.FLASH_MODULE, why);
  };
  if (!WASM.every((byte, i) => module[i] === byte)) refuse("this file is no WebAssembly module");
  let names: string[] = [];
  try {
    names = WebAssembly.Module.exports(new WebAssembly.Module(module as BufferSource)).map(({ name }) => name);
  } catch (error) {
    refuse(`this module is broken: ${(error as Error).message}`);
  }
  const missing = EXPORTS.filter((name) => !names.includes(name));
  if (missing.length > 0) refuse(`this module is no device: it does not export ${missing.join(", ")}`);
}

/** The bytes for a partition of `room` bytes. */
export function pack(module: Uint8Array, room: number): Uint8Array {
  check(module);
  const size = layout.MODULE + module.length;
  if (size > room)
    throw new refusal.Refused(refusal.FLASH_ROOM, `the module takes ${size} bytes, its partition has ${room}`);
  const bytes = new Uint8Array(size);
  putU32(bytes, layout.MAGIC, layout.MAGIC_1);
  putU32(bytes, layout.VERSION, layout.VERSION_1);
  putU32(bytes, layout.LENGTH, module.length);
  bytes.set(digest(module), layout.HASH);
  bytes.set(module, layout.MODULE);
  return bytes;
}
