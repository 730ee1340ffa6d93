// A fleet of processes as a target: it commits, its log tells all of it, and its folder can be taken up again. What kill -9 does to
// it: kills.test.ts.

import { cpSync, existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as record from "../../firmware/wire/record.ts";
import * as request from "../../firmware/wire/request.ts";
import { fromHex, hex, u32 } from "../../host/device/bytes.ts";
import * as provision from "../../host/fleet/provision.ts";
import * as facts from "../../host/tape/fleet.ts";
import * as page from "../../host/tape/page.ts";
import * as tape from "../../host/tape/tape.ts";
import * as folder from "../../host/target/folder.ts";
import * as posix from "../../host/target/posix.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { exists, until } from "../boards/posix.ts";
import { fresh, LIMIT_MS, SENSES, there, Watcher } from "./processes.ts";

/** Fails with this refusal. */
async function refused(number: number, action: () => Promise<unknown>, words = /./): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof refusal.Refused)) throw error;
    assert.is(error.number, number, error.message);
    return assert.match(error.message, words);
  }
  assert.unreachable(`not refused with ${number}`);
}

test("four processes commit, and their log tells all of it", async () => {
  if (!there) return;
  const dir = fresh();
  const fleet = await posix.start({ dir, n: 4, senses: SENSES, sync: false, keyframeMs: 200 });
  const seen = new Watcher(fleet);
  const pages: Uint8Array[] = [];
  const blocks = new Map<number, Uint8Array>();
  fleet.log.on((fact) => {
    if (fact.type === facts.PAGE) {
      if (fact.whole) pages[fact.device] = new Uint8Array(65536);
      page.apply(pages[fact.device], fact.runs);
    } else if (fact.type === facts.BLOCK) blocks.set(fact.height, fact.bytes);
  });
  await until(() => Math.min(...seen.heights) >= 8 && pages.length === 4, "all commit", LIMIT_MS);
  const status = await fleet.request(2, Uint8Array.of(request.STATUS));
  assert.is(status.reason, 0);
  assert.is(status.answer?.[2], 2, "device 2 says that it is 2");
  const paid = await fleet.request(1, provision.pay(fromHex(fleet.folder.kids[3]), 5n, 1n));
  assert.is(paid.reason, 0);
  assert.match(paid.submitted ?? "", /^[0-9a-f]{16}$/);
  const unknown = await fleet.request(1, Uint8Array.of(99));
  assert.is(unknown.reason, 180);
  assert.is(unknown.answer, null);
  for (const type of [facts.SAID, facts.SENT, facts.PAGE, facts.BLOCK, facts.DEED])
    assert.ok(seen.counts.get(type)! > 0, `facts of type ${type}`);
  for (let h = 1; h <= 8; h++) {
    const b = blocks.get(h)!;
    assert.is(u32(b, 12), h, `the block of height ${h} says so`);
  }
  assert.is(fleet.log.header?.kind, "posix");
  assert.is(fleet.log.header?.kids.length, 4);
  // SENT facts name a transaction by the id that the device gave it
  await until(() => seen.carried.has(paid.submitted!), "the payment's way is on the log", LIMIT_MS);
  await fleet.close();
  seen.agree();
});

/** All facts on a fleet's log. */
const everything = (fleet: posix.Posix): facts.Fact[] =>
  tape.parse(fleet.log.bytes()).flatMap(({ type, payload }) => facts.decode(type, payload) ?? []);

test("a split stops the smaller side, and the whole fleet when no side has a quorum; a heal resumes it", async () => {
  if (!there) return;
  const fleet = await posix.start({ dir: fresh(), n: 4, senses: SENSES, sync: false });
  const seen = new Watcher(fleet);
  await until(() => Math.min(...seen.heights) >= 2, "all commit", LIMIT_MS);
  await fleet.do({ do: "split", groups: [[0, 1, 2], [3]] }); // prettier-ignore
  await fleet.advance(300); // what was on the way has arrived
  const [alone, most] = [seen.heights[3], Math.max(...seen.heights)];
  await until(() => Math.min(...seen.heights.slice(0, 3)) >= most + 3, "the three go on", LIMIT_MS);
  assert.is(seen.heights[3], alone, "the one alone does not");
  await fleet.do({ do: "split", groups: [[0, 1], [2, 3]] }); // prettier-ignore
  await fleet.advance(300);
  const stuck = Math.max(...seen.heights);
  await fleet.advance(1500);
  assert.is(Math.max(...seen.heights), stuck, "two of four decide nothing");
  // a device that is restarted meanwhile stays on its side
  await fleet.do({ do: "kill", device: 3 });
  await fleet.do({ do: "restart", device: 3 });
  await fleet.advance(700);
  assert.is(Math.max(...seen.heights), stuck);
  await fleet.do({ do: "heal" });
  await until(() => Math.min(...seen.heights) > stuck + 2, "all go on", LIMIT_MS);
  await fleet.close();
  seen.agree();
});

test("what processes cannot do is refused, and nothing has happened then", async () => {
  if (!there) return;
  const fleet = await posix.start({ dir: fresh(), n: 1, senses: "nothing", sync: false });
  const before = fleet.log.bytes().length;
  await refused(refusal.DEED_CANNOT, () => fleet.do({ do: "lie", device: 0 }), /kill, restart, split, heal, request/);
  await refused(refusal.DEED_CANNOT, () => fleet.do({ do: "slow", device: 0, ms: 5 }));
  await refused(refusal.DEED_CANNOT, () => fleet.do({ do: "corrupt", device: 0, rate: 0.5 }));
  await refused(refusal.DEED_DEVICE, () => fleet.do({ do: "kill", device: 1 }));
  await refused(refusal.DEED_FIELD, () => fleet.do({ do: "request", device: 0, hex: "0" }));
  await refused(refusal.DEED_FIELD, () => fleet.request(0, new Uint8Array(1537)));
  assert.equal(everything(fleet).filter(({ type }) => type === facts.DEED), []); // prettier-ignore
  assert.ok(fleet.log.bytes().length - before < 4096);
  await fleet.do({ do: "kill", device: 0 });
  assert.not.ok(fleet.up(0));
  await refused(refusal.DEVICE_DOWN, () => fleet.request(0, Uint8Array.of(1)));
  await fleet.do({ do: "kill", device: 0 }); // once more changes nothing
  await fleet.do({ do: "restart", device: 0 });
  const { pid } = fleet.process(0)!;
  await fleet.do({ do: "restart", device: 0 });
  assert.is(fleet.process(0)!.pid, pid, "what is up stays up");
  await fleet.close();
  assert.not.ok(exists(pid));
  await refused(refusal.FLEET_OVER, () => fleet.do({ do: "heal" }));
});

test("a folder is taken up again where it stopped; another fleet than asked for is refused", async () => {
  if (!there) return;
  const dir = fresh();
  const first = await posix.start({ dir, n: 4, mtu: 1000, senses: SENSES, sync: false });
  const seen = new Watcher(first);
  await until(() => Math.min(...seen.heights) >= 3, "all commit", LIMIT_MS);
  await refused(refusal.TARGET_BUSY, () => posix.start({ dir, senses: SENSES }), /in use by another process/);
  const { name, kids } = first.folder;
  await first.close();
  const height = Math.max(...seen.heights);
  const again = await posix.start({ dir, senses: SENSES, sync: false });
  assert.equal([again.n, again.folder.cell.mtu, again.folder.name, again.folder.kids], [4, 1000, name, kids]);
  const more = new Watcher(again);
  await until(() => Math.min(...more.heights) >= height + 2, "it goes on", LIMIT_MS);
  await again.close();
  more.agree();
  await refused(refusal.TARGET_OTHER, () => posix.start({ dir, n: 5 }), /4 devices, not of 5/);
  await refused(refusal.TARGET_OTHER, () => posix.start({ dir, mtu: 1400 }), /mtu is 1000, not 1400/);
  await refused(refusal.TARGET_ABSENT, () => posix.start({ dir, program: join(dir, "nothing") }), /not built/);
  await refused(refusal.TARGET_SHAPE, () => posix.start({ dir: fresh(), n: 33 }), /1 to 32/);
  // a flash file of another device, of another cell, or torn
  const [a, b] = [folder.flashOf(dir, 0), folder.flashOf(dir, 1)];
  renameSync(a, `${a}.kept`);
  cpSync(b, a);
  await refused(refusal.TARGET_OTHER, () => posix.start({ dir }), /device 0 belongs to another device/);
  truncateSync(a, 1000);
  await refused(refusal.TARGET_ABSENT, () => posix.start({ dir }), /has 1000 bytes/);
  rmSync(a);
  await refused(refusal.TARGET_OTHER, () => posix.start({ dir }), /device 0 belongs to another device/);
  renameSync(`${a}.kept`, a);
  const cell = readFileSync(join(dir, "cell"));
  writeFileSync(join(dir, "cell"), cell.subarray(0, 100));
  await refused(refusal.TARGET_OTHER, () => posix.start({ dir }), /is no cell/);
  const forged = Buffer.from(cell);
  forged[33 + 4] ^= 1; // the same keys, another genesis
  writeFileSync(join(dir, "cell"), forged);
  await refused(refusal.TARGET_OTHER, () => posix.start({ dir }), /another cell/);
  writeFileSync(join(dir, "cell"), cell);
  const last = await posix.start({ dir, senses: SENSES, sync: false });
  assert.is(last.folder.name, name);
  await last.close();
});

test("a folder whose making was cut short is finished by the next start", async () => {
  if (!there) return;
  const dir = fresh();
  const first = await folder.open(dir, { n: 3 }, { sync: false });
  // as if the power had failed before device 1 wrote its genesis: its sector 1 is blank
  const file = readFileSync(folder.flashOf(dir, 1));
  file.fill(0xff, 4096, 8192);
  writeFileSync(folder.flashOf(dir, 1), file);
  const second = await folder.open(dir, {}, { sync: false });
  assert.equal([second.name, second.kids], [first.name, first.kids]);
  assert.ok(
    hex(folder.region(dir, 1, record.REGION_CONFIG)).includes(hex(readFileSync(join(dir, "cell")).subarray(33))),
  );
  // and before the cell was written at all: the keys stay, the cell is a new one
  rmSync(join(dir, "cell"));
  for (let i = 0; i < 3; i++) {
    const flash = readFileSync(folder.flashOf(dir, i));
    flash.fill(0xff, 4096, 8192);
    writeFileSync(folder.flashOf(dir, i), flash);
  }
  const third = await folder.open(dir, { n: 3 }, { sync: false });
  assert.equal(third.kids, first.kids);
  assert.is.not(third.name, "");
  assert.ok(existsSync(join(dir, "cell")));
});

test.run();
