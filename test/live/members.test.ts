// Members in a cell in real time: processes, simulated devices and an emulated board that follow it without a vote.

import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as event from "../../firmware/wire/event.ts";
import * as request from "../../firmware/wire/request.ts";
import { fromHex, hex, u32, u64 } from "../../host/device/bytes.ts";
import * as provision from "../../host/fleet/provision.ts";
import * as kinds from "../../host/live/kinds.ts";
import * as facts from "../../host/tape/fleet.ts";
import * as posix from "../../host/target/posix.ts";
import { until } from "../boards/posix.ts";
import { emulators, fresh, there, Watcher } from "../target/processes.ts";

const LIMIT_MS = 200_000;
const board = emulators ? "qemu:stm32f405" : "sim";
const list = `posix*2,sim*2,member:posix,member:sim,member:${board}`;
const MEMBERS = [4, 5, 6];
const senses = { recording: { from: 2330, intervalMs: 1000 } };
const dir = fresh();
const sha = (module: Uint8Array): string => hex(new Uint8Array(createHash("sha256").update(module).digest()));

/** What members said. */
class Followed {
  readonly trusted = new Map<number, { height: number; digest: string }>();
  readonly voted = new Set<number>();
  readonly settled = new Set<number>();

  constructor(fleet: posix.Posix) {
    fleet.log.on((fact) => {
      if (fact.type !== facts.SAID) return;
      const { device, kind, bytes } = fact;
      if (kind === event.TRUSTED) this.trusted.set(device, { height: u32(bytes, 0), digest: hex(bytes, 16, 48) });
      if (kind === event.VOTED || kind === event.COMMIT) this.voted.add(device);
      if (kind === event.SETTLED) this.settled.add(device);
    });
  }

  height = (device: number): number => this.trusted.get(device)?.height ?? 0;
}

const account = async (fleet: posix.Posix, kid: string): Promise<bigint | null> => {
  const { answer } = await fleet.request(0, Uint8Array.of(request.ACCOUNT, ...fromHex(kid)));
  return answer?.[1] === 1 ? u64(answer, 8) : null;
};

test("members follow a cell by its certificates, get an account and pay; without one of them the cell goes on", async () => {
  if (!there) return;
  const fleet = await posix.start({ dir, devices: kinds.parse(list), deltaMs: 200, senses, sync: false });
  try {
    const [seen, followed] = [new Watcher(fleet), new Followed(fleet)];
    assert.equal([fleet.n, fleet.devices], [4, 7]);
    const { header } = fleet.log;
    const [vote, light] = [fleet.folder.module, fleet.folder.light!.module].map(sha);
    assert.equal(header!.modules, [vote, vote, vote, vote, light, light, light]);
    assert.is.not(vote, light);
    const least = (): number => Math.min(...MEMBERS.map(followed.height));
    await until(() => least() >= 5, "all members trust five blocks", LIMIT_MS);
    const { kids } = fleet.folder;
    for (const i of MEMBERS) {
      for (let k = 0; k < 60 && (await account(fleet, kids[i])) === null; k++) await fleet.advance(1000);
      assert.is(await account(fleet, kids[i]), 0n, `device ${i} has an account`);
    }
    // money comes to a member, and it spends some
    assert.is((await fleet.request(1, provision.pay(fromHex(kids[4]), 50n, 1n))).reason, 0);
    for (let k = 0; k < 60 && (await account(fleet, kids[4])) !== 50n; k++) await fleet.advance(500);
    assert.is(await account(fleet, kids[4]), 50n);
    let why = -1;
    for (let k = 0; k < 60 && why !== 0; k++) {
      await fleet.advance(500); // until it holds a proof of its own account
      why = (await fleet.request(4, provision.pay(fromHex(kids[5]), 20n, 1n))).reason;
    }
    assert.is(why, 0, "a member pays");
    await until(() => followed.settled.has(4), "it sees its payment settled", LIMIT_MS);
    assert.is(await account(fleet, kids[5]), 20n);
    // power
    await fleet.do({ do: "kill", device: 4 });
    await fleet.do({ do: "kill", device: 6 });
    const now = seen.heights[0];
    await until(() => Math.min(...seen.heights.slice(0, 4)) >= now + 5, "the cell goes on", LIMIT_MS);
    await fleet.do({ do: "restart", device: 6 });
    await fleet.do({ do: "restart", device: 4 });
    const then = seen.heights[0];
    await until(() => least() >= then, "they follow again", LIMIT_MS);
    assert.equal([...followed.voted].sort(), [0, 1, 2, 3], "members neither vote nor commit");
    seen.agree();
  } finally {
    await fleet.close();
  }
});

test("the folder knows its members: taken up again they go on", async () => {
  if (!there) return;
  const fleet = await posix.start({ dir, senses, sync: false });
  try {
    const followed = new Followed(fleet);
    assert.is(fleet.devices, 7);
    await until(() => Math.min(...MEMBERS.map(followed.height)) >= 5, "they follow", LIMIT_MS);
    assert.is(await account(fleet, fleet.folder.kids[5]), 20n, "the same members");
  } finally {
    await fleet.close();
  }
});

test.run();
