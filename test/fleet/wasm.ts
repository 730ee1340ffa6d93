// The modules that the tests of host/fleet, host/tape and host/device run: the built device, and the beeper of fixture/.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** build/device.wasm, compiled first when its sources changed. */
export async function device(): Promise<Uint8Array> {
  const file = process.env.SYNOD_DEVICE_WASM;
  if (file !== undefined) return new Uint8Array(readFileSync(file));
  if (!process.env.SYNOD_BUILT) await (await import("../../tools/build.mjs")).buildFirmware(["device"]);
  return new Uint8Array(readFileSync(join(root, "build/device.wasm")));
}

/** build/member.wasm: the same application in a device that does not vote. */
export async function member(): Promise<Uint8Array> {
  if (!process.env.SYNOD_BUILT) await (await import("../../tools/build.mjs")).buildFirmware(["member"]);
  return new Uint8Array(readFileSync(join(root, "build/member.wasm")));
}

/** A fixture of this folder, compiled without optimization. */
export async function fixture(name: string): Promise<Uint8Array> {
  const entry = `test/fleet/fixture/${name}.ts`;
  const child = spawn(process.execPath, [join(root, "test/fleet/assemble.mjs"), entry], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: "" }, // without the loader of this process
    stdio: ["ignore", "pipe", "inherit"],
  });
  const bytes: number[] = [];
  for await (const part of child.stdout) bytes.push(...(part as Uint8Array));
  if (bytes.length === 0) throw new Error(`${entry} does not compile; the compiler's words are above`);
  return Uint8Array.from(bytes);
}
