// Provisioning: what a user does once with a box of blank boards.
//
//   first boot ──> IDENTITY event: public key, kid ──> genesis of all keys ──> PROVISION request ──> RESET, reboot
//
// Rule: private keys never leave the devices; the genesis is made of what they said about themselves.

import { createHash } from "node:crypto";
import * as genesis from "../../firmware/wire/genesis.ts";
import * as request from "../../firmware/wire/request.ts";
import { putU32, putU64 } from "../device/bytes.ts";
import * as costs from "./costs.ts";
import type { Fleet } from "./fleet.ts";

/** 2026-01-01T00:00:00Z: when simulated cells begin. */
export const GENESIS_TIME = 1_767_225_600;

export interface Identity {
  readonly publicKey: Uint8Array;
  readonly kid: Uint8Array;
}

/** What a genesis says beside its keys. */
export interface Cell {
  /** Bound on one message and its check; 150, or 300 where frames are small, or what the board needs (costs.ts). */
  readonly deltaMs: number;
  /** Largest frame, bytes. */
  readonly mtu: number;
  readonly viewsPerLeader: number;
  readonly windowS: number;
  readonly heartbeatMs: number;
  /** Opening balance of each device. */
  readonly balance: bigint;
}

/** The cell that options ask for. */
export function settings(
  options: Partial<Cell> & { readonly n?: number; readonly board?: costs.Board | costs.Costs },
): Cell {
  const { mtu = 1400, balance = 1_000_000n, viewsPerLeader = 4, windowS = 10, heartbeatMs = 0 } = options;
  const deltaMs = options.deltaMs ?? costs.deltaMs(costs.of(options.board), mtu < 400 ? 300 : 150, options.n ?? 0);
  return { deltaMs, mtu, viewsPerLeader, windowS, heartbeatMs, balance };
}

/** The genesis (wire/genesis.ts) of a cell of these validators, in this order. */
export function make(cell: Cell, validators: readonly Identity[]): Uint8Array {
  const bytes = new Uint8Array(genesis.VALIDATORS + genesis.STRIDE * validators.length);
  bytes[genesis.VERSION] = genesis.VERSION_1;
  bytes[genesis.N] = validators.length;
  bytes[genesis.VIEWS_PER_LEADER] = cell.viewsPerLeader;
  putU32(bytes, genesis.TIME, GENESIS_TIME);
  putU32(bytes, genesis.DELTA, cell.deltaMs);
  bytes[genesis.MTU] = cell.mtu;
  bytes[genesis.MTU + 1] = cell.mtu >>> 8;
  bytes[genesis.WINDOW] = cell.windowS;
  bytes[genesis.WINDOW + 1] = cell.windowS >>> 8;
  putU32(bytes, genesis.HEARTBEAT, cell.heartbeatMs);
  validators.forEach(({ publicKey }, i) => {
    const at = genesis.VALIDATORS + genesis.STRIDE * i;
    bytes.set(publicKey, at);
    putU64(bytes, at + genesis.BALANCE, cell.balance);
  });
  return bytes;
}

/** The name of the cell that this genesis makes: the first 8 bytes of its SHA-256. */
export const name = (genesisBytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sha256").update(genesisBytes).digest()).slice(0, 8);

/** The PROVISION request: the cell's hop key, then the genesis. */
export function provision(cellKey: Uint8Array, genesisBytes: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + cellKey.length + genesisBytes.length);
  bytes[0] = request.PROVISION;
  bytes.set(cellKey, 1);
  bytes.set(genesisBytes, 1 + cellKey.length);
  return bytes;
}

/** The REGISTER request. */
export function register(publicKey: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + publicKey.length);
  bytes[0] = request.REGISTER;
  bytes.set(publicKey, 1);
  return bytes;
}

/** Lets one validator after the other register the keys of members, until one of them has an account. */
export function enrol(fleet: Fleet): void {
  for (let member = fleet.n; member < fleet.devices; member++) {
    let id = "";
    const attempt = (turn: number): void => {
      if (id !== "" && fleet.watch.follow(id).height >= 0) return;
      const { watch } = fleet;
      watch.submitted = "";
      fleet.request(fleet.stations[(member + turn) % fleet.n], register(fleet.identities[member].publicKey));
      if (watch.submitted !== "") watch.follow((id = watch.submitted));
      fleet.plan(5000, () => attempt(turn + 1));
    };
    attempt(0);
  }
}

/** The PAY request. */
export function pay(kid: Uint8Array, amount: bigint, fee: bigint): Uint8Array {
  const bytes = new Uint8Array(25);
  bytes[0] = request.PAY;
  bytes.set(kid, 1);
  putU64(bytes, 9, amount);
  putU64(bytes, 17, fee);
  return bytes;
}

/**
 * Makes a cell of a fleet's blank boards; afterwards all of them are off and know their genesis, which names validators only. The cell's name: the first 8
 * bytes of the genesis hash.
 */
export function cell(fleet: Fleet, cellKey: Uint8Array): Uint8Array {
  const first = fleet.stations.slice(0, fleet.devices);
  for (const station of first) {
    const { index } = station;
    fleet.replaceFlash(station, station.flash);
    fleet.powerUp(station);
    if (fleet.identities[index] === undefined) fleet.request(station, new Uint8Array([request.IDENTITY]));
    if (fleet.identities[index] === undefined) throw new Error(`device ${index} has no identity`);
  }
  const genesisBytes = make(fleet.cell, fleet.identities.slice(0, fleet.n));
  const bytes = provision(cellKey, genesisBytes);
  for (const station of first) {
    const reason = fleet.request(station, bytes);
    if (reason !== 0) throw new Error(`device ${station.index} refuses its genesis: reason ${reason}`);
    if (station.on) throw new Error(`device ${station.index} did not restart after provisioning`);
  }
  for (const station of fleet.stations) {
    station.provisioned = true;
    if (station.watched === null) fleet.replaceFlash(station, fleet.stations[station.index].flash.clone());
  }
  return name(genesisBytes);
}
