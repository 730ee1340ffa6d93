// The profiles of asconfig.json: what `compact` leaves out is code, not behaviour.

import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hex } from "../../host/device/bytes.ts";
import { Fleet } from "../../host/fleet/fleet.ts";
import { buildFirmware } from "../../tools/build.mjs";
import { readModule } from "../../tools/wasm.ts";

await buildFirmware(["device", "compact", "debug-compact"]);
const root = fileURLToPath(new URL("../../", import.meta.url));
const built = (name: string): string => join(root, `build/${name}.wasm`);

for (const file of ["sha256", "sha512", "hmac"])
  test(`compact passes the tests of ${file}`, () => {
    const { status, stdout } = spawnSync(process.execPath, ["--import", "tsx", `test/crypto/${file}.test.ts`], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, SYNOD_DEBUG_WASM: built("debug-compact") },
    });
    assert.is(status, 0, stdout);
    assert.match(stdout, /Passed:\s+[1-9]/);
  });

/** Trace of device 0 of a fleet under faults, all of it of one module. */
function trace(name: string): string {
  const wasm = new Uint8Array(readFileSync(built(name)));
  const faults = ["loss", "cut"] as const;
  const fleet = new Fleet({ n: 4, seed: 5, engine: "v8", wasm, mtu: 250, record: 0, traffic: 1, faults });
  fleet.run(() => fleet.watch.stats.calls >= 1000, 600_000);
  const digest = hex(fleet.recorder!.digest());
  fleet.close();
  return digest;
}

test("a fleet of either profile decides the same, to the byte", () => {
  assert.is(trace("compact"), trace("device"));
});

test("compact holds less code", () => {
  const of = (name: string, file: string): number =>
    readModule(built(name))
      .functions.filter((f) => f.name.includes(`/${file}/`))
      .reduce((sum, f) => sum + f.bytes, 0);
  for (const file of ["sha256", "sha512"])
    assert.ok(
      of("compact", file) < 0.66 * of("device", file),
      `${file}: ${of("compact", file)} of ${of("device", file)}`,
    );
});

test.run();
