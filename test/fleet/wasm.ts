// The modules that the tests of host/fleet, host/tape and host/device run: the built device, and the beeper of fixture/.

import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** build/device.wasm, compiled first when its sources changed. */
export async function device(): Promise<Uint8Array> {
  const file = process.env.SYNOD_DEVICE_WASM;
  if (file !== undefined) return new Uint8Array(readFileSync(file));
  if (!process.env.SYNOD_BUILT) await (await import("../../tools/build.mjs")).buildFirmware(["device"]);
  return new Uint8Array(readFileSync(join(root, "build/device.wasm")));
}

/** A change to one place of the firmware: `from` must stand there exactly once, whatever the white space. */
export interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The device with these changes, compiled without optimization. */
export const mutant = (mutations: readonly Mutation[]): Promise<Uint8Array> =>
  assemble("firmware/apps/meter.ts", mutations);

/** A fixture of this folder. */
export const fixture = (name: string): Promise<Uint8Array> => assemble(`test/fleet/fixture/${name}.ts`, []);

/** Compiles in memory, without optimization: quick, and nothing is written. */
async function assemble(entry: string, mutations: readonly Mutation[]): Promise<Uint8Array> {
  const asc = await import("assemblyscript/asc");
  const config = JSON.parse(readFileSync(join(root, "asconfig.json"), "utf8")) as { options: Record<string, unknown> };
  const flags = Object.entries(config.options).flatMap(([name, value]) => [`--${name}`, [value].flat().join(",")]);
  const applied = new Set<Mutation>();
  let wasm: Uint8Array | null = null;
  const { error, stderr } = await asc.main(
    [entry, ...flags, "--baseDir", root, "-O0", "-o", "out.wasm", "--noColors"],
    {
      readFile(path: string, baseDir: string): string | null {
        const name = relative(root, resolve(baseDir, path));
        if (!existsSync(join(root, name))) return null;
        let text = readFileSync(join(root, name), "utf8");
        for (const mutation of mutations) {
          if (mutation.file !== name) continue;
          const words = mutation.from.trim().split(/\s+/);
          const from = new RegExp(words.map((word) => word.replace(/[^\w]/g, "\\$&")).join("\\s+"), "g");
          if ([...text.matchAll(from)].length !== 1) throw new Error(`${name} has not exactly once: ${mutation.from}`);
          text = text.replace(from, () => mutation.to);
          applied.add(mutation);
        }
        return text;
      },
      writeFile(_: string, contents: string | Uint8Array): void {
        if (typeof contents !== "string") wasm = new Uint8Array(contents);
      },
    },
  );
  if (error !== null || wasm === null) throw new Error(`${entry} does not compile:\n${stderr.toString()}`);
  for (const { file } of mutations.filter((mutation) => !applied.has(mutation)))
    throw new Error(`${file} is not compiled`);
  return wasm;
}
