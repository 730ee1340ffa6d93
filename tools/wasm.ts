// What a finished wasm module consists of: its functions with their sizes, named by the .wat beside it.
//
//   section:  id u8 · size LEB128 · content          code section: count, then per function: size LEB128 · body
//
// device.wasm carries no names, so that none are flashed; asc prints the same module as text, functions in the same order.
// Rule: a function that code was inlined into counts where it was emitted.

import { existsSync, readFileSync } from "node:fs";

export interface WasmFunction {
  /** Index among all functions, imports counted first, as wasm3 counts them. */
  index: number;
  name: string;
  /** Folder of the firmware, or the file's own name where it lies in none. */
  folder: string;
  /** Bytes of its body in the code section. */
  bytes: number;
}

export interface Module {
  bytes: number;
  imports: number;
  dataBytes: number;
  functions: WasmFunction[];
}

class Reader {
  at = 0;
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const b = this.bytes[this.at++];
      value |= (b & 0x7f) << shift;
      if (b < 0x80) return value >>> 0;
    }
  }
  skip(n: number): void {
    this.at += n;
  }
}

/** `start:firmware/apps/meter~anonymous|0` -> apps; `firmware/index/boot` -> index. */
export function folderOf(name: string): string {
  const app = /firmware\/apps\/app\//.test(name);
  return app ? "app" : (/firmware\/([\w#]+)\//.exec(name)?.[1] ?? (/apps/.test(name) ? "apps" : "start"));
}

/** Names of the functions that a .wat defines, in order. */
export const watNames = (wat: string): string[] => [...wat.matchAll(/^ \(func \$(\S+)/gm)].map((m) => m[1]);

function countImports(r: Reader): number {
  let functions = 0;
  for (let n = r.u32(); n > 0; n--) {
    r.skip(r.u32());
    r.skip(r.u32());
    const kind = r.bytes[r.at++];
    if (kind === 0) functions++;
    if (kind !== 0) throw new Error("the module imports something other than functions");
    r.u32();
  }
  return functions;
}

/** Reads build/NAME.wasm and build/NAME.wat. */
export function readModule(path: string): Module {
  const watPath = path.replace(/\.wasm$/, ".wat");
  if (!existsSync(path) || !existsSync(watPath)) throw new Error(`${path} and its .wat are needed: npm run build`);
  const r = new Reader(new Uint8Array(readFileSync(path)));
  const module: Module = { bytes: r.bytes.length, imports: 0, dataBytes: 0, functions: [] };
  const sizes: number[] = [];
  r.skip(8);
  while (r.at < r.bytes.length) {
    const id = r.bytes[r.at++];
    const size = r.u32();
    const end = r.at + size;
    if (id === 2) module.imports = countImports(r);
    if (id === 11) module.dataBytes = size;
    if (id === 10) {
      for (let n = r.u32(); n > 0; n--) {
        sizes.push(r.u32());
        r.skip(sizes[sizes.length - 1]);
      }
    }
    r.at = end;
  }
  const names = watNames(readFileSync(watPath, "utf8"));
  if (names.length !== sizes.length)
    throw new Error(`${watPath} names ${names.length} functions, ${path} has ${sizes.length}`);
  module.functions = sizes.map((bytes, i) => ({
    index: module.imports + i,
    name: names[i],
    folder: folderOf(names[i]),
    bytes,
  }));
  return module;
}
