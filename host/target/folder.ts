// The folder of a fleet of processes: what is left of it when nobody runs it, and how it comes to be.
//
//   PATH/module.wasm   what all its devices run that vote; PATH/member.wasm what the others run, where there are some
//   PATH/cell          the PROVISION request that made it one cell (firmware/wire/request.ts): cell key and genesis
//   PATH/0/flash ...   the flash file of each device (boards/posix/flash.h); beside it what else concerns that device
//
//   blank: start each ──> IDENTITY event ──> genesis of all keys ──> PATH/cell ──> PROVISION ──> quit, ready
//   taken up again: start each ──> it is who the genesis says, its flash holds this genesis ──> quit, ready
//
// Rule: the cell is written before any device is told of it, so that a folder whose making was cut short is finished by the next
// start; a flash file that belongs elsewhere is refused, never changed.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as genesis from "../../firmware/wire/genesis.ts";
import * as reason from "../../firmware/wire/reason.ts";
import * as request from "../../firmware/wire/request.ts";
import * as event from "../../firmware/wire/event.ts";
import * as transaction from "../client/transaction.ts";
import { hex, u16, u32, u64 } from "../device/bytes.ts";
import * as provision from "../fleet/provision.ts";
import * as refusal from "../wire/refusal.ts";
import * as kinds from "../live/kinds.ts";
import type { End, Life, Message } from "../live/life.ts";

/** What a cell is made of; what is left out is that of the folder, or the usual when the folder is blank. */
export interface Wanted extends Partial<provision.Cell> {
  /** Number of devices that vote. */
  readonly n?: number;
  /** What each of them is; processes unless said otherwise. */
  readonly devices?: readonly kinds.Kind[];
}

export interface Folder extends Code {
  readonly path: string;
  /** Number of devices that vote. */
  readonly n: number;
  /** All devices, members last. */
  readonly devices: readonly kinds.Kind[];
  readonly cell: provision.Cell;
  /** First 8 bytes of the genesis hash, hex. */
  readonly name: string;
  /** Key id of each device, hex. */
  readonly kids: readonly string[];
  /** Public key of each device. */
  readonly keys: readonly Uint8Array[];
  /** The module of the members, that of the folder being the others'; null where there are none. */
  readonly light: Code | null;
}

/** A module: its file, and its bytes. */
export interface Code {
  readonly wasm: string;
  readonly module: Uint8Array;
}

/** What a device of a folder runs. */
export const codeOf = ({ n, wasm, module, light }: Pick<Folder, "n" | "light"> & Code, device: number): Code =>
  device < n ? { wasm, module } : light!;

/** How its devices are started. */
export interface How extends kinds.How {
  /** The module; the one in the folder otherwise, or the built meter. */
  readonly wasm?: Uint8Array;
  /** The members'; the one in the folder otherwise, or the built meter without a vote. */
  readonly memberWasm?: Uint8Array;
}

const DEVICES = 4;
/** The pace that a cell with boards in it is made for. */
const BOARD = "stm32f405";
const CELL_KEY = 32;
const GENESIS_AT = 1 + CELL_KEY;
const built = (name: string): string => fileURLToPath(new URL(`../../build/${name}`, import.meta.url));

const other = (detail: string): refusal.Refused => new refusal.Refused(refusal.TARGET_OTHER, detail);

export { flashOf } from "../live/kinds.ts";

/** All of the flash of a device, from its file, in whatever order its board keeps it; null when the flash is on a desk. */
export function cells(path: string, device: number): Uint8Array | null {
  const file = kinds.flashOf(path, device);
  if (!existsSync(file)) return null;
  const bytes = readFileSync(file);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Contents of a flash region of a process, from its file. */
export const region = (path: string, device: number, number: number): Uint8Array =>
  kinds.region("posix", path, device, number);

/** The refusal for a process that could not start. */
export function failed(device: number, { words, status, signal }: End): refusal.Refused {
  const busy = words.includes("in use by another process");
  const what = words || `it ended with ${signal ?? `status ${status}`}`;
  return new refusal.Refused(
    busy ? refusal.TARGET_BUSY : refusal.TARGET_ABSENT,
    `device ${device} cannot run: ${what.replace(/^synod-node: /, "")}`,
  );
}

// ---- what was there ----

/** The genesis in PATH/cell; null when there is none. */
function known(path: string): { request: Uint8Array; genesis: Uint8Array } | null {
  const file = join(path, "cell");
  if (!existsSync(file)) return null;
  const bytes = new Uint8Array(readFileSync(file));
  const n = bytes[GENESIS_AT + genesis.N];
  if (bytes[0] !== request.PROVISION || bytes.length !== GENESIS_AT + genesis.VALIDATORS + n * genesis.STRIDE)
    throw other(`${file} is no cell: it is torn, or something else`);
  return { request: bytes, genesis: bytes.slice(GENESIS_AT) };
}

/** What the devices of a folder are, as its making noted; undefined when it is blank. */
function kept(path: string): kinds.Kind[] | undefined {
  const file = join(path, "devices");
  return existsSync(file) ? kinds.parse(readFileSync(file, "utf8").trim()) : undefined;
}

/** What a genesis says of its cell. */
function cellOf(bytes: Uint8Array): provision.Cell {
  return {
    deltaMs: u32(bytes, genesis.DELTA),
    mtu: u16(bytes, genesis.MTU),
    viewsPerLeader: bytes[genesis.VIEWS_PER_LEADER],
    windowS: u16(bytes, genesis.WINDOW),
    heartbeatMs: u32(bytes, genesis.HEARTBEAT),
    balance: u64(bytes, genesis.VALIDATORS + genesis.BALANCE),
  };
}

/** Refuses a folder that is not what was asked for. */
function compare(path: string, n: number, cell: provision.Cell, wanted: Wanted): void {
  if (wanted.n !== undefined && wanted.n !== n)
    throw other(`${path} holds a fleet of ${n} devices, not of ${wanted.n}`);
  for (const name of Object.keys(cell) as (keyof provision.Cell)[])
    if (wanted[name] !== undefined && wanted[name] !== cell[name])
      throw other(`${path} holds a cell whose ${name} is ${cell[name]}, not ${wanted[name]}`);
}

// ---- asking ----

/** A device that runs alone: nobody hears it, and it hears nobody. */
interface Alone {
  readonly device: number;
  readonly life: Life;
  identity: provision.Identity | null;
}

function alone(kind: kinds.Kind, place: kinds.Place): Alone {
  const hear = (message: Message): void => {
    if (message.what !== "event" || message.kind !== event.IDENTITY || message.bytes.length < 40) return;
    of.identity = { publicKey: message.bytes.slice(0, 32), kid: message.bytes.slice(32, 40) };
  };
  const of: Alone = { device: place.device, identity: null, life: kinds.start(kind, place, hear) };
  return of;
}

/** Waits until it has booted and said who it is. */
async function identify(of: Alone): Promise<provision.Identity> {
  const why = await of.life.booted.catch(async () => Promise.reject(failed(of.device, await of.life.ended)));
  if (why !== 0) throw other(`the flash of device ${of.device} is refused by its module: reason ${why}`);
  if (of.identity === null) await of.life.request(Uint8Array.of(request.IDENTITY));
  if (of.identity === null) throw other(`device ${of.device} does not say who it is`);
  return of.identity;
}

/** True when a device belongs to the cell of this genesis: it refuses a transaction that nobody signed for its signature, not for its cell. */
async function belongs(life: Life, genesisBytes: Uint8Array): Promise<boolean> {
  const nobody = { kid: new Uint8Array(8), seed: new Uint8Array(32), pub: new Uint8Array(32) };
  const terms = { cell: provision.name(genesisBytes), nonce: 0n, fee: 0n, expiry: 0 };
  const unsigned = transaction.transfer(nobody, terms, nobody.kid, 0n);
  const { reason: why } = await life.request(Uint8Array.of(request.SUBMIT, ...unsigned));
  return why !== 0 && why !== reason.TX_CELL;
}

/** Gives a device its genesis, unless its flash holds it. Throws Refused TARGET_OTHER when it belongs elsewhere. */
async function join_(path: string, of: Alone, bytes: Uint8Array, genesisBytes: Uint8Array): Promise<void> {
  const { device, life, identity } = of;
  const at = genesis.VALIDATORS + genesis.STRIDE * device; // behind its end for a member, which no genesis names
  if (at < genesisBytes.length && hex(identity!.publicKey) !== hex(genesisBytes, at, at + 32))
    throw other(`the flash of device ${device} belongs to another device: its key is not the one in ${path}/cell`);
  const flash = cells(path, device);
  if (flash !== null && Buffer.from(flash).includes(Buffer.from(genesisBytes))) return;
  const reply = await life.request(bytes);
  if (reply.reason === reason.PROVISIONED && flash === null && (await belongs(life, genesisBytes))) return;
  if (reply.reason === reason.PROVISIONED)
    throw other(`the flash of device ${device} belongs to another cell than ${path}/cell`);
  if (reply.reason !== 0) throw other(`device ${device} refuses its genesis: reason ${reply.reason}`);
}

/** Writes a file wholly or not at all. */
function write(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.new`, bytes, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}

/** The module that lies in a folder under this name: the one given, the one that is there, or the built one. */
function code(path: string, name: string, given: Uint8Array | undefined, source: string): Code {
  const wasm = join(path, name);
  if (given !== undefined) write(wasm, given);
  else if (!existsSync(wasm)) {
    if (!existsSync(source))
      throw new refusal.Refused(refusal.TARGET_ABSENT, `${source} is not built; run npm run build`);
    write(wasm, readFileSync(source));
  }
  return { wasm, module: new Uint8Array(readFileSync(wasm)) };
}

/** Makes a folder ready to run: its devices have a key, a flash file and one genesis. Throws Refused. */
export async function open(path: string, wanted: Wanted, how: How = {}): Promise<Folder> {
  const found = known(path);
  const list = wanted.devices ?? kept(path);
  const n = found === null ? (wanted.n ?? (list && kinds.voters(list)) ?? DEVICES) : found.genesis[genesis.N];
  if (!(Number.isInteger(n) && n >= 1 && n <= 32))
    throw new refusal.Refused(refusal.TARGET_SHAPE, `a fleet has 1 to 32 devices, not ${n}`);
  if (found !== null) compare(path, n, cellOf(found.genesis), wanted);
  mkdirSync(path, { recursive: true });
  const devices = list ?? Array<kinds.Kind>(n).fill("posix");
  if (kinds.voters(devices) !== n)
    throw other(`${path} holds a fleet of ${n} devices, not of ${kinds.voters(devices)}`);
  const light = devices.length > n ? code(path, "member.wasm", how.memberWasm, built("member.wasm")) : null;
  const codes = { n, light, ...code(path, "module.wasm", how.wasm, built("device.wasm")) };
  write(join(path, "devices"), Buffer.from(`${kinds.format(devices)}\n`));
  for (const [of, { wasm, module }] of [
    [devices.slice(0, n), codes],
    [devices.slice(n), light ?? codes],
  ] as const)
    await kinds.prepare(of, wasm, module, how).catch((error: Error) => {
      throw error instanceof refusal.Refused ? error : new refusal.Refused(refusal.TARGET_ABSENT, error.message);
    });
  const { wasm: _, memberWasm: __, ...start } = how;
  const all: Alone[] = [];
  try {
    for (const [device, kind] of devices.entries())
      all.push(alone(kind, { path, device, ...start, ...codeOf(codes, device) }));
    const identities = await Promise.all(all.map(identify));
    const bytes = found?.request ?? fresh(path, wanted, devices, identities.slice(0, n));
    const genesisBytes = bytes.slice(GENESIS_AT);
    await Promise.all(all.map((of) => join_(path, of, bytes, genesisBytes)));
    return {
      ...codes,
      path,
      devices,
      cell: cellOf(genesisBytes),
      name: hex(provision.name(genesisBytes)),
      kids: identities.map(({ kid }) => hex(kid)),
      keys: identities.map(({ publicKey }) => publicKey),
    };
  } finally {
    await Promise.all(all.map(({ life }) => life.quit()));
  }
}

/** The PROVISION request of a new cell of those of these devices that vote, kept in the folder. */
function fresh(
  path: string,
  wanted: Wanted,
  devices: readonly kinds.Kind[],
  identities: readonly provision.Identity[],
): Uint8Array {
  const board = kinds.slow(devices) ? BOARD : "none";
  const cell = provision.settings({ ...wanted, n: identities.length, board });
  const bytes = provision.provision(new Uint8Array(randomBytes(CELL_KEY)), provision.make(cell, identities));
  write(join(path, "cell"), bytes);
  return bytes;
}
