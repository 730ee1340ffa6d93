// A device that traps leaves the tape of that call in its folder, whatever carries it, and the tape traps again in both engines.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as kinds from "../../host/live/kinds.ts";
import type { Message } from "../../host/live/life.ts";
import * as qemu from "../../host/live/qemu.ts";
import { replay } from "../../host/tape/replay.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { binding, fixture } from "../boards/board.ts";
import { emulators, fresh, there } from "../target/processes.ts";

await binding();
const { path: wasm, wasm: module } = await fixture();
const boards: kinds.Kind[] = emulators ? qemu.BOARDS.map((b) => `qemu:${b}` as const) : [];

for (const kind of [...(there ? (["posix"] as const) : []), "sim" as const, ...boards])
  for (const [what, bytes, why] of [
    ["a trap", [3], /divi|zero/],
    ["a recursion without end", [7], /stack/],
  ] as const)
    test(`${what} of ${kind} leaves a tape that traps again`, async () => {
      const path = fresh();
      mkdirSync(path, { recursive: true });
      await kinds.prepare([kind], wasm, module, {});
      const said: Message[] = [];
      const life = kinds.start(kind, { path, wasm, module, device: 0, sync: false }, (m) => void said.push(m));
      try {
        assert.is(await life.booted, 0);
        await life.request(Uint8Array.of(4, 1));
        assert.not.ok(existsSync(kinds.crashOf(path, 0)), "what goes well leaves none");
        const error = await life.request(Uint8Array.from(bytes), 60_000).then(() => null, (e: refusal.Refused) => e); // prettier-ignore
        assert.is(error?.number, refusal.DEVICE_DOWN);
        await life.ended;
      } finally {
        await life.kill();
      }
      const trap = said.find((m) => m.what === "trap");
      assert.match(trap?.what === "trap" ? trap.words : "", why);
      const crash = said.find((m) => m.what === "crash");
      assert.is(crash?.what === "crash" && crash.path, join(path, "0", "crash.tape"));
      const tape = new Uint8Array(readFileSync(kinds.crashOf(path, 0)));
      for (const engine of ["v8", "wasm3"] as const) {
        const done = replay(tape, engine, module);
        assert.is(done.divergence, null, done.divergence?.sentence);
        assert.ok(done.trapped, engine);
      }
    });

test.run();
