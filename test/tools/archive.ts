// What the tests of the release share: the archive, made and unpacked outside the tree, and commands run there.

import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { release, type Release } from "../../tools/release.mjs";

/** A folder for this process alone, removed at its end; nothing of the tree is below or above it. */
export const away = mkdtempSync(join(tmpdir(), "synod-release-"));
process.once("exit", () => rmSync(away, { recursive: true, force: true }));

export interface Unpacked {
  readonly made: Release;
  /** The folder synod-VERSION. */
  readonly root: string;
}

/** Makes the archive and unpacks it in a folder of this name. */
export async function unpacked(name: string): Promise<Unpacked> {
  const folder = join(away, name);
  mkdirSync(folder);
  const made = await release({ out: folder });
  const { status, stderr } = spawnSync("tar", ["xzf", made.file, "-C", folder], { encoding: "utf8" });
  assert.is(status, 0, stderr);
  return { made, root: join(folder, `synod-${made.version}`) };
}

const exec = promisify(execFile);

/** Runs a program; its output. Fails with all that it said. */
export async function ran(program: string, args: readonly string[], cwd = away): Promise<string> {
  try {
    return (await exec(program, [...args], { cwd, maxBuffer: 1 << 24 })).stdout;
  } catch (e) {
    const { stdout = "", stderr = "" } = e as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(" ")}\n${stdout.slice(-3000)}${stderr.slice(-6000)}`);
  }
}

/** Half the compiler's time of -O2; tail calls as there, which wasm3's use of the stack depends on. */
const QUICK = ["-DCMAKE_BUILD_TYPE=Quick", "-DCMAKE_C_FLAGS_QUICK=-O1 -foptimize-sibling-calls"];

/** Configures and builds a CMake project; the folder that it was built in. */
export async function cmake(source: string, build: string, ...options: string[]): Promise<string> {
  await ran("cmake", ["-S", source, "-B", build, ...QUICK, ...options]);
  await ran("cmake", ["--build", build, "--parallel", "2"]);
  return build;
}

/** A port of one's own: the template, copied out of the archive. */
export function port(of: Unpacked, name: string): string {
  const folder = join(away, name);
  cpSync(join(of.root, "boards/template"), folder, { recursive: true });
  return folder;
}
