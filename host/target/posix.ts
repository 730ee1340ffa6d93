// A fleet in real time as a target: real sockets, real files; each device is a process (boards/posix), a simulated device, or a board in an
// emulator or on a desk (host/live).
//
//   folder.ts makes PATH ready ──> n devices, each a peer of all others ──messages──> facts on the log
//                    sensors ──sense──┘       kill: the plug is pulled · restart: up again on the same flash · split: who is a peer of whom
//
// Frames travel between the devices; this side sees what they tell of them. Rule: a deed that cannot be done to processes is refused
// (DEED_CANNOT); nothing is done to a device but through its console and its process.

import { createHash } from "node:crypto";
import { join } from "node:path";
import * as event from "../../firmware/wire/event.ts";
import * as request from "../../firmware/wire/request.ts";
import * as block from "../device/block.ts";
import { fromHex, hex, u32 } from "../device/bytes.ts";
import { NOTHING } from "../device/device.ts";
import * as provision from "../fleet/provision.ts";
import * as sense from "../fleet/sense.ts";
import * as deeds from "../tape/deed.ts";
import * as facts from "../tape/fleet.ts";
import { Log } from "../tape/log.ts";
import * as page from "../tape/page.ts";
import * as refusal from "../wire/refusal.ts";
import * as folder from "./folder.ts";
import { Pairs } from "./pairs.ts";
import * as kinds from "../live/kinds.ts";
import type { Life, Message } from "../live/life.ts";
import type { Reply, Target } from "./target.ts";

export interface Options extends folder.Wanted, folder.How {
  /** Where the flash files are and stay. */
  readonly dir: string;
  /** What the sensors say; the recording from just before its first labelled event, a reading a second, unless said otherwise. */
  readonly senses?: sense.Senses;
  /** Of what is made up: the weather. Keys and frames are truly random. */
  readonly seed?: number;
  readonly log?: Log;
  /** Further peers of every device, HOST:PORT each: they hear all frames, also while the fleet is split. */
  readonly ears?: readonly string[];
  /** Real time between two pages of a device on the log; 2000. */
  readonly keyframeMs?: number;
  /** Record each device's life in DEVICE/N.tape, N from 1: a trapped process then leaves its tape behind. */
  readonly tapes?: boolean;
}

const VERBS: readonly deeds.Verb[] = ["kill", "restart", "split", "heal", "request"];
const RECORDING: sense.Senses = { recording: { from: 2_330, intervalMs: 1_000 } };
/** As much as boards can carry. */
const SLOW: sense.Senses = { recording: { from: 2_330, intervalMs: 5_000 } };
/** A board's line takes a second for a page, and carries nothing else meanwhile: so many times rarer than another device's. */
const RARELY = 15;
const CHANNELS = 2;
/** Between two turns in which members are given an account: as long as a registration may take. */
const ENROL_MS = 3_000;
const HOST = "127.0.0.1";
/** Heights that may still miss a block. */
const LATE = 64;

interface Device {
  readonly index: number;
  process: Life | null;
  /** Killed by us, so its end is no surprise. */
  killed: boolean;
  lives: number;
  /** What its last trap said. */
  trap: string;
  /** The page that stands on the log; null: the next one must be whole. */
  page: Uint8Array | null;
}

const isUp = ({ process }: Device): boolean => process !== null && !process.over && process.port !== 0;

/** Starts a fleet of processes, blank or from what is in the folder. Throws Refused. */
export async function start(options: Options): Promise<Posix> {
  const made = await folder.open(options.dir, options, options);
  const posix = new Posix(options, made);
  await posix.powerUp();
  return posix;
}

export class Posix implements Target {
  readonly kind = "posix";
  readonly n: number;
  readonly devices: number;
  readonly verbs = VERBS;
  readonly log: Log;
  readonly folder: folder.Folder;
  readonly #options: Options;
  readonly #devices: Device[];
  readonly #startedMs = performance.now();
  readonly #sense: sense.Sense;
  readonly #intervalMs: number;
  readonly #pairs = new Pairs(({ from, to, ...of }) => {
    const arrivals = [{ to, twin: false, delayUs: 0 }];
    this.log.add({ type: facts.SENT, atUs: this.#atUs, device: from, twin: false, ...of, arrivals });
  });
  /** By device, the tape of its last trap. */
  readonly dumps = new Map<number, { device: number; message: string; file: string }>();
  readonly #blocks = new Set<number>();
  readonly #timers: NodeJS.Timeout[] = [];
  #height = 0;
  #rounds = 0;
  #groups: readonly (readonly number[])[] | null = null;
  #closed = false;

  /** Of `start`. */
  constructor(options: Options, made: folder.Folder) {
    const { log = new Log(), seed = 1, accelerate = false } = options;
    const { senses = kinds.slow(made.devices) ? SLOW : RECORDING } = options;
    this.n = made.n;
    this.devices = made.devices.length;
    this.log = log;
    this.folder = made;
    this.#options = options;
    this.#sense = sense.of(senses, seed);
    this.#intervalMs = typeof senses === "object" ? senses.recording.intervalMs : 1000;
    this.#devices = made.devices.map((_, index) => ({
      index,
      process: null,
      killed: false,
      lives: 0,
      trap: "",
      page: null,
    }));
    log.onGap = () => this.#devices.forEach((device) => (device.page = null));
    const { balance, ...cell } = made.cell;
    const members = this.devices - this.n;
    const hashes = made.devices.map((_, i) => createHash("sha256").update(folder.codeOf(made, i).module).digest("hex"));
    const header: facts.Header = {
      version: 1,
      kind: "posix",
      n: made.n,
      run: "fleet",
      options: {
        ...{ engine: "posix", devices: kinds.format(made.devices), seed, senses, accelerate },
        ...(members > 0 ? { members } : {}),
        ...cell,
        balance: balance.toString(),
      },
      modules: members > 0 ? hashes : hashes.slice(0, 1),
      kids: made.kids,
      cell: made.name,
    };
    log.add({ type: facts.FLEET, header });
    log.add({ type: facts.MODULE, wasm: made.module });
    if (made.light !== null) log.add({ type: facts.MODULE, wasm: made.light.module });
  }

  get nowMs(): number {
    return performance.now() - this.#startedMs;
  }

  up(device: number): boolean {
    return isUp(this.#of(device));
  }

  /** The process that runs a device; null when it is down. */
  process(device: number): Life | null {
    const of = this.#of(device);
    return isUp(of) ? of.process : null;
  }

  /** How often a device was started: the number of its tape. */
  life(device: number): number {
    return this.#of(device).lives;
  }

  /** Contents of a device's flash region, from its file. */
  flash(device: number, region: number): Uint8Array {
    return kinds.region(this.folder.devices[device], this.folder.path, device, region);
  }

  async do(value: deeds.Deed): Promise<void> {
    this.#open();
    const deed = deeds.check(value, this.devices);
    if (!VERBS.includes(deed.do))
      throw new refusal.Refused(refusal.DEED_CANNOT, `processes take ${VERBS.join(", ")}, not ${deed.do}`);
    if (deed.do === "request") return void (await this.request(deed.device, fromHex(deed.hex)));
    this.#deed(deed);
    if (deed.do === "kill") await this.#kill(this.#devices[deed.device]);
    else if (deed.do === "restart") await this.#start(this.#devices[deed.device]);
    else {
      this.#groups = deed.do === "split" ? deed.groups : null;
      this.#tellPeers();
    }
  }

  async request(device: number, bytes: Uint8Array): Promise<Reply> {
    this.#open();
    const deed = deeds.check({ do: "request", device, hex: hex(bytes) }, this.devices);
    const process = this.process(device);
    if (process === null) throw new refusal.Refused(refusal.DEVICE_DOWN, `device ${device} is down: restart it first`);
    this.#deed(deed);
    return process.request(bytes);
  }

  async advance(ms: number): Promise<void> {
    this.#open();
    await new Promise((done) => setTimeout(done, ms));
  }

  /** Stops every process in order, and waits for it. The folder can be taken up again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timers.forEach(clearInterval);
    await Promise.all(this.#devices.map(({ process }) => process?.quit()));
  }

  /** Of `start`: powers all devices up, and begins to feed and to watch them. */
  async powerUp(): Promise<void> {
    const { keyframeMs = 2000 } = this.#options;
    try {
      await Promise.all(this.#devices.map((device) => this.#start(device)));
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#feed();
    this.#timers.push(setInterval(() => this.#feed(), this.#intervalMs));
    this.#timers.push(setInterval(() => this.#pages(), keyframeMs));
    void this.#enrol();
  }

  // ---- power ----

  async #start(device: Device): Promise<void> {
    if (device.process !== null && !device.process.over) return; // what is up stays up
    const { sync, accelerate, program, tapes } = this.#options;
    const life = ++device.lives;
    const { path, devices } = this.folder;
    device.killed = false;
    const place = {
      ...{ path, sync, accelerate, program, device: device.index, watch: true },
      ...folder.codeOf(this.folder, device.index),
      tape: tapes ? join(path, String(device.index), `${life}.tape`) : undefined,
    };
    const process = kinds.start(devices[device.index], place, (message) => this.#hear(device, message));
    device.process = process;
    void process.ended.then(({ status, signal, words }) => {
      this.#pairs.silent(device.index);
      if (process.port === 0) return; // it never ran
      const why = device.killed
        ? "killed"
        : status === 70
          ? "trap"
          : words || (signal ?? `ended with status ${status}`);
      this.#power(device, false, this.#closed && status === 0 ? "closed" : why);
    });
    await process.booted.catch(async () => {
      const end = await process.ended;
      if (process.port === 0) throw folder.failed(device.index, end);
    });
  }

  async #kill(device: Device): Promise<void> {
    if (device.process === null || device.process.over) return;
    device.killed = true;
    await device.process.kill();
  }

  /**
   * Lets the devices that vote, another one each turn, register the keys of members until each has an account: without one a member can
   * follow, and say nothing.
   */
  async #enrol(): Promise<void> {
    const without = new Set(this.#devices.slice(this.n).map(({ index }) => index));
    for (let turn = 0; without.size > 0 && !this.#closed; turn++) {
      const process = this.process(turn % this.n);
      for (const member of process === null ? [] : without)
        try {
          const asked = Uint8Array.of(request.ACCOUNT, ...fromHex(this.folder.kids[member]));
          const { reason, answer } = await process!.request(asked);
          if (reason === 0 && answer?.[1] === 1) without.delete(member);
          else if (reason === 0) await process!.request(provision.register(this.folder.keys[member]));
        } catch (error) {
          if (!(error instanceof refusal.Refused)) throw error; // it went down meanwhile
        }
      await new Promise((done) => setTimeout(done, ENROL_MS).unref());
    }
  }

  // ---- the air ----

  /** True while the radio carries frames from one device to another. */
  #reaches(from: number, to: number): boolean {
    return this.#groups === null || this.#groups.some((group) => group.includes(from) && group.includes(to));
  }

  /** Tells every device who its peers are now. */
  #tellPeers(): void {
    const running = this.#devices.filter(isUp);
    for (const { index, process } of running) {
      const reached = running.filter((other) => other.index !== index && this.#reaches(index, other.index));
      const ears = this.#options.ears ?? [];
      process!.peers([...reached.map((other) => `${HOST}:${other.process!.port}`), ...ears]);
    }
  }

  /** Gives the devices what their sensors measured. */
  #feed(): void {
    for (const { index, process } of this.#devices.filter(isUp))
      for (let channel = 0; channel < CHANNELS; channel++) {
        const value = this.#sense(index, channel, this.nowMs);
        if (value !== NOTHING) process!.sense(channel, value);
      }
  }

  // ---- facts ----

  get #atUs(): number {
    return Math.round(1000 * this.nowMs);
  }

  #deed(deed: deeds.Deed): void {
    this.log.add({ type: facts.DEED, atUs: this.#atUs, order: facts.BY_TIME, deed });
  }

  #power(device: Device, on: boolean, why: string): void {
    device.page = null;
    this.log.add({ type: facts.POWER, atUs: this.#atUs, device: device.index, twin: false, on, why });
  }

  /** A device said a line. */
  #hear(device: Device, message: Message): void {
    const of = { atUs: this.#atUs, device: device.index, twin: false };
    if (message.what === "port") {
      this.#power(device, true, "start");
      this.#tellPeers();
    } else if (message.what === "event") {
      const { kind, bytes } = message;
      this.log.add({ type: facts.SAID, ...of, kind, bytes });
      if (kind === event.COMMIT && bytes.length >= 48) this.#commit(device, bytes);
    } else if (message.what === "act") {
      this.log.add({ type: facts.ACT, ...of, channel: message.channel, value: message.value });
    } else if (message.what === "reset") {
      this.#power(device, false, "reset");
      this.#power(device, true, "start");
    } else if (message.what === "trap") device.trap = message.words;
    else if (message.what === "crash")
      this.dumps.set(device.index, { device: device.index, message: device.trap, file: message.path });
    else if (message.what === "sent") this.#pairs.sent(message.bytes);
    else if (message.what === "heard") {
      const sender = this.#devices.find(({ process }) => process?.port === message.port);
      if (sender === undefined) return;
      const { bytes: head, length } = message;
      this.#pairs.heard({ from: sender.index, to: device.index, head, length });
      if (sender.process!.over) this.#pairs.silent(sender.index);
    }
  }

  /** The first commit of a height: its block, from the flash of who committed it. */
  #commit(device: Device, bytes: Uint8Array): void {
    const height = u32(bytes, 0);
    if (height + LATE < this.#height || this.#blocks.has(height)) return;
    const flash = folder.cells(this.folder.path, device.index);
    const found = flash === null ? null : block.read(flash, bytes.subarray(16, 48));
    if (found === null) return; // the next device that commits it may hold its body
    this.#blocks.add(height).delete(height - LATE);
    this.#height = Math.max(this.#height, height);
    this.log.add({ type: facts.BLOCK, atUs: this.#atUs, height, bytes: found.slice() });
  }

  /** Asks every device for its memory; what changed since goes on the log. */
  #pages(): void {
    const round = this.#rounds++;
    for (const device of this.#devices.filter(isUp)) {
      const { process, lives, index } = device;
      if (round % RARELY !== 0 && kinds.slow([this.folder.devices[index]])) continue;
      void process!.page().then((now) => {
        if (now === null || device.lives !== lives || this.#closed) return;
        const whole = device.page === null;
        const runs = page.delta(device.page, now);
        device.page = now;
        this.log.add({ type: facts.PAGE, atUs: this.#atUs, device: device.index, twin: false, whole, runs });
      });
    }
  }

  #of(device: number): Device {
    const of = this.#devices[device];
    if (of === undefined) throw new refusal.Refused(refusal.DEED_DEVICE, `device ${device} of a fleet of ${this.n}`);
    return of;
  }

  #open(): void {
    if (this.#closed) throw new refusal.Refused(refusal.FLEET_OVER, "this fleet of processes was closed");
  }
}
