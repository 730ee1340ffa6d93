// kill -9: a fleet of processes of which one at a time is killed at random instants, over and over, under a witness who reads every
// frame and every flash file (witness.ts).
//
//   SYNOD_BUDGET=200 npx tsx test/target/kills.test.ts      200 kills       SYNOD_SEED=7      other instants
//   SYNOD_DEVICES=qemu:an386*4 npx tsx ...                  of what the second fleet, that of emulators, is made
//   SYNOD_NODE=a-mutant npx tsx test/target/kills.test.ts   another program in place of build/synod-node
//
// Nothing is sensed: payments, forty a second, make the blocks, and do not wait for a device that is behind.

import { cpSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as event from "../../firmware/wire/event.ts";
import * as request from "../../firmware/wire/request.ts";
import { fromHex, u32 } from "../../host/device/bytes.ts";
import * as provision from "../../host/fleet/provision.ts";
import { Rng } from "../../host/fleet/rng.ts";
import * as kinds from "../../host/live/kinds.ts";
import * as facts from "../../host/tape/fleet.ts";
import * as posix from "../../host/target/posix.ts";
import { Ear, sleep, until } from "../boards/posix.ts";
import { emulators, fresh, LIMIT_MS, PROGRAM, there, Watcher } from "./processes.ts";
import { Witness } from "./witness.ts";

const KILLS = Math.min(2000, Math.max(20, Math.round(Number(process.env.SYNOD_BUDGET ?? 20))));
const SEED = Number(process.env.SYNOD_SEED ?? 1);
const ALL = [0, 1, 2, 3];
/** A boot in an emulator takes as long as ten of a process. */
const BOARD_KILLS = Math.max(4, Math.round(KILLS / (process.env.SYNOD_BUDGET === undefined ? 5 : 1)));
const BOARDS = process.env.SYNOD_DEVICES ?? "qemu:stm32f405,qemu:an386,qemu:riscv,posix";

/** A fleet with its witness, and payments all the time, so that there is always something to vote on. */
interface Scene {
  readonly fleet: posix.Posix;
  readonly seen: Watcher;
  readonly witness: Witness;
  end(): Promise<void>;
}

async function scene(rng: Rng, devices?: string): Promise<Scene> {
  let hear = (_port: number, _bytes: Uint8Array): void => {};
  const ear = await Ear.open((port, bytes) => hear(port, bytes));
  const options = { senses: "nothing", sync: false, ears: [ear.address] } as const;
  const what =
    devices === undefined ? { n: 4, tapes: true, program: PROGRAM } : { devices: kinds.parse(devices), deltaMs: 400 };
  const fleet = await posix.start({ dir: fresh(), ...options, ...what });
  const witness = new Witness(4, (device, region) => fleet.flash(device, region));
  const seen = new Watcher(fleet);
  hear = (port, bytes) => {
    const device = ALL.find((i) => fleet.process(i)?.port === port);
    if (device !== undefined) witness.frame(device, bytes);
  };
  fleet.log.on((fact) => {
    if (fact.type === facts.SAID && fact.kind === event.VOTED) witness.voted(fact.device, fact.bytes);
  });
  const paying = setInterval(
    () => {
      const from = rng.below(4);
      const pay = provision.pay(fromHex(fleet.folder.kids[(from + 1) % 4]), 1n, 1n);
      void fleet
        .process(from)
        ?.request(pay)
        .catch(() => {}); // it may be killed before it answers
    },
    devices === undefined ? 25 : 300,
  );
  const end = async (): Promise<void> => {
    clearInterval(paying);
    await fleet.close();
    ear.close();
  };
  return { fleet, seen, witness, end };
}

/** What a device says of itself, for a person. */
async function statusOf({ fleet, seen }: Scene, device: number): Promise<string> {
  if (!fleet.up(device)) return `device ${device} is down`;
  const { answer } = await fleet.request(device, Uint8Array.of(request.STATUS));
  const [view, final, executed] = [8, 12, 16].map((at) => u32(answer!, at));
  const refusals = seen.refusals[device].join(" ");
  return `device ${device}: view ${view}, final height ${final}, executed ${executed}, refused ${refusals}`;
}

/** Waits for an instant: anywhere between two blocks, or within milliseconds of a vote, when writes and frames are under way. */
async function instant(rng: Rng, { witness }: Scene): Promise<void> {
  if (rng.below(2) === 0) return sleep(rng.below(300));
  const { votes } = witness;
  await until(() => witness.votes > votes, "somebody votes", LIMIT_MS);
  await sleep(rng.below(8));
}

/** Kills a device and restarts it; the milliseconds until it stood above everybody's height of that moment. */
async function kill(rng: Rng, on: Scene): Promise<number> {
  const { fleet, seen, witness } = on;
  const device = rng.below(4);
  await instant(rng, on);
  await fleet.do({ do: "kill", device });
  const told = seen.heights[device];
  witness.postMortem(device);
  await sleep(rng.below(2) === 0 ? 0 : rng.below(400));
  const started = performance.now();
  await fleet.do({ do: "restart", device });
  assert.not.ok(seen.recovered[device].observer, `device ${device} came back as an observer`);
  assert.ok(seen.recovered[device].height >= told, `device ${device} told of height ${told} before it was killed`);
  const goal = Math.max(...seen.heights) + 1;
  try {
    await until(() => seen.heights[device] >= goal, `device ${device} reaches height ${goal}`, LIMIT_MS);
  } catch (error) {
    const said = await Promise.all(ALL.map((j) => statusOf(on, j)));
    throw new Error([(error as Error).message, ...said].join("\n"));
  }
  assert.equal([...witness.problems, ...seen.problems], [], `device ${device}`);
  const took = performance.now() - started;
  const own = join(fleet.folder.path, String(device));
  const old = readdirSync(own).filter((name) => name.endsWith(".tape") && name !== `${fleet.life(device)}.tape`);
  for (const name of old) rmSync(join(own, name)); // this life went well: the tapes of those before are not needed
  return took;
}

/** Keeps flash files and tapes of a fleet that failed. */
function keep(path: string): string {
  const to = join(tmpdir(), `synod-kills-${process.pid}`);
  cpSync(path, to, { recursive: true });
  return `its flash files and the tapes of its devices are in ${to}`;
}

async function campaign(kills: number, devices?: string): Promise<void> {
  const rng = new Rng(SEED, "kills");
  const on = await scene(new Rng(SEED, "payments"), devices);
  const { seen, witness } = on;
  const times: number[] = [];
  try {
    await until(() => Math.min(...seen.heights) >= 3, "all commit", LIMIT_MS);
    for (let i = 0; i < kills; i++)
      times.push(
        await kill(rng, on).catch((error: Error) => {
          throw new Error(`kill ${i}, seed ${SEED}: ${error.message}`);
        }),
      );
    await on.end();
  } catch (error) {
    await on.end();
    throw new Error(`${(error as Error).message}\n${keep(on.fleet.folder.path)}`);
  }
  for (const device of ALL) witness.postMortem(device);
  assert.equal(witness.problems, []);
  seen.agree();
  times.sort((a, b) => a - b);
  const at = (part: number): number => Math.round(times[Math.floor(part * (times.length - 1))]);
  console.log(
    `note: ${kills} kills up to height ${Math.max(...seen.heights)}: caught up within ${at(0.5)} ms (median), ${at(1)} ms ` +
      `(most); ${witness.votes} votes were in flash when heard, ${witness.events} told as events`,
  );
}

test(`kill -9 of any device at ${KILLS} random instants: it recovers, keeps its promises and catches up`, async () => {
  if (there) await campaign(KILLS);
});

test(`the same of emulators, at ${BOARD_KILLS} instants: their boards boot from the flash that the last one left`, async () => {
  if (emulators) await campaign(BOARD_KILLS, BOARDS);
});

test.run();
