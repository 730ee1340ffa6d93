// The modules that the tests of host/fleet, host/tape and host/device run: the built device, and the beeper of fixture/.

import { mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

async function tools() {
  return import("../../tools/build.mjs");
}

/** build/device.wasm, compiled first when its sources changed. */
export async function device(): Promise<Uint8Array> {
  const file = process.env.SYNOD_DEVICE_WASM;
  if (file !== undefined) return new Uint8Array(readFileSync(file));
  if (!process.env.SYNOD_BUILT) await (await tools()).buildFirmware(["device"]);
  return new Uint8Array(readFileSync(join(root, "build/device.wasm")));
}

/** A fixture of this folder, freshly compiled. */
export async function fixture(name: string): Promise<Uint8Array> {
  const folder = join(tmpdir(), `synod-fixture-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const out = join(folder, name);
  await (await tools()).compile(`test/fleet/fixture/${name}.ts`, "device", relative(root, out));
  return new Uint8Array(readFileSync(`${out}.wasm`));
}
