// Boards in a cell: real images in an emulator, as full validators, beside processes and simulated devices.
//
// What is emulated: the cores, serial lines and Ethernet; flash and randomness are files (boards/bare/filed.c).

import { createHash } from "node:crypto";
import { appendFileSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as event from "../../firmware/wire/event.ts";
import * as request from "../../firmware/wire/request.ts";
import { hex } from "../../host/device/bytes.ts";
import * as kinds from "../../host/live/kinds.ts";
import * as facts from "../../host/tape/fleet.ts";
import * as posix from "../../host/target/posix.ts";
import { until } from "../boards/posix.ts";
import { emulators, fresh, Watcher } from "../target/processes.ts";

const LIMIT_MS = 400_000; // no machine is so slow
const PACE = { deltaMs: 400, senses: { recording: { from: 2330, intervalMs: 2500 } }, sync: false } as const;
/** A fleet of these devices, closed whatever comes of it. */
async function living(
  list: string,
  work: (fleet: posix.Posix, seen: Watcher) => Promise<void>,
  options: Partial<posix.Options> = {},
): Promise<void> {
  const fleet = await posix.start({ dir: fresh(), devices: kinds.parse(list), ...PACE, ...options });
  try {
    await work(fleet, new Watcher(fleet));
  } finally {
    await fleet.close();
  }
}

if (emulators) {
  test("four emulated boards form a cell and commit 50 blocks with readings", () =>
    living("qemu:stm32f405,qemu:an385,qemu:an505,qemu:riscv", async (fleet, seen) => {
      const readings = new Set<number>();
      let transactions = 0;
      fleet.log.on((fact) => {
        if (fact.type !== facts.SAID) return;
        if (fact.kind === event.READING) readings.add(fact.device);
        if (fact.kind === event.COMMIT && fact.device === 0) transactions += fact.bytes[12];
      });
      await until(() => Math.min(...seen.heights) >= 50, "all four commit 50 blocks", LIMIT_MS);
      seen.agree();
      assert.is(readings.size, 4, "each senses");
      assert.ok(transactions >= 10, `${transactions} transactions in 50 blocks`); // readings, at each device's pace
      const module = hex(new Uint8Array(createHash("sha256").update(fleet.folder.module).digest()));
      assert.is(fleet.log.header!.modules[0], module, "the module of every image: another would have been refused");
    }));

  test("a board among processes and simulated devices is reset, and catches up from its flash", () =>
    living("qemu:stm32f405,qemu:an386,posix,sim*4", async (fleet, seen) => {
      const all = [0, 1, 2, 3, 4, 5, 6];
      const least = (of: number[]): number => Math.min(...of.map((d) => seen.heights[d]));
      await until(() => least(all) >= 6, "all seven commit", LIMIT_MS);
      for (const board of [0, 1]) {
        const before = seen.heights[board];
        await fleet.do({ do: "kill", device: board });
        const others = all.filter((d) => d !== board);
        await until(() => least(others) >= before + 6, "the others go on", LIMIT_MS);
        await fleet.do({ do: "restart", device: board });
        assert.ok(seen.recovered[board]!.height >= before - 1, "its flash remembers what it committed");
        assert.not(seen.recovered[board]!.observer);
        const now = Math.max(...seen.heights);
        await until(() => seen.heights[board] >= now, "it catches up", LIMIT_MS);
      }
      seen.agree();
      const status = await fleet.request(1, Uint8Array.of(request.STATUS));
      assert.is(status.answer?.[2], 1, "device 1 says that it is 1");
      const other = await fleet.request(0, Uint8Array.of(99));
      assert.is(other.reason, 180);
    }));

  test("a split leaves boards on both sides of it, and heals", () =>
    living("qemu:an386,sim*3", async (fleet, seen) => {
      await until(() => Math.min(...seen.heights) >= 2, "all commit", LIMIT_MS);
      await fleet.do({ do: "split", groups: [[0], [1, 2, 3]] });
      const majority = async (blocks: number): Promise<void> => {
        const [, from] = seen.heights;
        await until(() => seen.heights[1] >= from + blocks, "the majority goes on", LIMIT_MS);
      };
      await majority(10); // what was under way arrives
      const [alone] = seen.heights;
      await majority(10);
      assert.is(seen.heights[0], alone, "a board alone commits nothing");
      await fleet.do({ do: "heal" });
      const now = seen.heights[1];
      await until(() => seen.heights[0] >= now, "it is told what it missed", LIMIT_MS);
      seen.agree();
    }));

  test("a board that runs another module is no part of the fleet", async () => {
    const dir = fresh();
    const fleet = await posix.start({ dir, devices: kinds.parse("qemu:riscv,sim*3"), ...PACE });
    const { module } = fleet.folder;
    await fleet.close();
    const other = Uint8Array.from([...module, 0, 2, 1, 0x78]); // another hash, the same device: an empty custom section
    const said: string[] = [];
    const place = { path: dir, wasm: fleet.folder.wasm, module: other, device: 0 };
    const { image, imageOf } = await import("../../host/live/qemu.ts");
    const sha = new Uint8Array(createHash("sha256").update(other).digest());
    await image("riscv", fleet.folder.wasm, imageOf("riscv", sha)); // its name lies about what is in it
    const life = kinds.start("qemu:riscv", place, (m) => m.what === "error" && said.push(m.words));
    const end = await life.ended;
    assert.match(end.words, /the board runs the module [0-9a-f]{16}\.\.\., not [0-9a-f]{16}/);
    assert.is(said.length, 1);
  });

  test("the flash file of a board is NOR: what it holds is what the device wrote, and a longer file is refused", () =>
    living("qemu:stm32f405,sim*3", async (fleet, seen) => {
      await until(() => Math.min(...seen.heights) >= 3, "all commit", LIMIT_MS);
      const flash = join(fleet.folder.path, "0", "flash");
      const { length } = readFileSync(flash);
      assert.is(length, (3 * 16 + 6 * 128) * 1024, "the chip's sectors that are the device's");
      await fleet.do({ do: "kill", device: 0 });
      appendFileSync(flash, "x");
      await fleet.do({ do: "restart", device: 0 }).then(
        () => assert.unreachable("a longer file is no flash of this board"),
        (error: Error) => assert.match(error.message, /longer than this board's flash/),
      );
      truncateSync(flash, length);
      await fleet.do({ do: "restart", device: 0 });
      assert.ok(seen.recovered[0]!.height >= 1, "and it goes on");
    }));
}

test.run();
