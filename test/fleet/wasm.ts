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

/** A change to one place of the firmware: `from` must stand there exactly once, whatever the white space. */
export interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The device with these changes, one module for each list of changes, compiled without optimization. */
export const mutants = (lists: readonly (readonly Mutation[])[]): Promise<Uint8Array[]> =>
  assemble(lists.map((mutations) => ({ entry: "firmware/apps/meter.ts", mutations })));

/** A fixture of this folder. */
export async function fixture(name: string): Promise<Uint8Array> {
  const [wasm] = await assemble([{ entry: `test/fleet/fixture/${name}.ts`, mutations: [] }]);
  return wasm;
}

/** Runs assemble.mjs. */
async function assemble(jobs: readonly { entry: string; mutations: readonly Mutation[] }[]): Promise<Uint8Array[]> {
  const env = { ...process.env, NODE_OPTIONS: "" }; // without the loader of this process
  const child = spawn(process.execPath, [join(root, "test/fleet/assemble.mjs")], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(jobs));
  const heard: Uint8Array[] = [];
  for await (const bytes of child.stdout) heard.push(bytes as Uint8Array);
  const text = heard.map((bytes) => new TextDecoder().decode(bytes)).join("");
  if (text === "") throw new Error("the compiler gave nothing; its words are above");
  return (JSON.parse(text) as string[]).map((wasm) => fromBase64(wasm));
}

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
