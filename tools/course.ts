// What a device goes through in a cell, as a tape for a board: device 0 of a simulated cell, to a height.
//
// Rule: the same arguments give the same tape, so what a board takes for it is the same count in every run.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { paths } from "./boards.mjs";
import { buildImage, runImage, type BoardName } from "./images.mjs";

const build = fileURLToPath(new URL("../build/", import.meta.url));
const DEADLINE_MS = 3_600_000; // of the cell's time
let made = 0;

/**
 * The tape of device 0 of a cell of n that reached this height, or with the module `member` that of a member beside it: its file, which the caller
 * removes, and the height.
 */
export async function course(
  wasm: Uint8Array,
  n: number,
  height: number,
  member?: Uint8Array,
): Promise<{ file: string; blocks: number }> {
  const { Fleet } = await import("../host/fleet/fleet.ts");
  const fleet = new Fleet({
    ...{ n, seed: 1, engine: "v8", wasm, mtu: 250, traffic: 1, stopOnViolation: false },
    ...(member === undefined ? { record: 0 } : { members: 1, memberWasm: member, record: n }),
  });
  fleet.run(() => fleet.watch.status[0].height >= height, DEADLINE_MS);
  const blocks = fleet.watch.status[0].height;
  const tape = fleet.recorder!.bytes();
  fleet.close();
  if (blocks < height) throw new Error(`the cell reached height ${blocks} of ${height}`);
  mkdirSync(build, { recursive: true });
  const file = join(build, `course.${process.pid}.${made++}.tape`);
  writeFileSync(file, tape);
  return { file, blocks };
}

/** Heights between which a block is counted: by then each validator's key is prepared. */
const FROM = 20;
const TO = 40;

/** Instructions that a board takes for a block of a cell of n, all calls between two blocks: the mean of twenty. */
export async function perBlock(board: BoardName, n: number): Promise<number> {
  const path = join(build, "device.wasm");
  const wasm = new Uint8Array(readFileSync(path));
  await buildImage({ board, wasm: path });
  const spent = async (height: number): Promise<number> => {
    const { file } = await course(wasm, n, height);
    try {
      const report = await runImage({ board, elf: paths.image(board, "device"), tape: file, timeoutMs: 600_000 });
      if (report.error !== null || report.status !== 0) throw new Error(`the image failed: ${report.text}`);
      return report.instructions.used;
    } finally {
      rmSync(file);
    }
  };
  return ((await spent(TO)) - (await spent(FROM))) / (TO - FROM);
}
