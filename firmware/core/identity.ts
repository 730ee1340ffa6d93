// Who this device is, and which cell it belongs to.
//
//   CONFIG sector 0   0 magic u32 · 4 zero u32 · 8 seed 32 B · 40 CRC-32 of bytes 0..40 u32 · 44 0xffffffff
//   CONFIG sector 1   0 magic u32 · 4 length of the genesis u32 · 8 cell key 32 B · 40 genesis · then CRC-32 of all before, 0xff up to 8 n
//
// The seed is drawn on the device, once, and never leaves it: no effect but the STORE that keeps it carries it. The cell key
// opens the radio hop only. Each sector is one STORE behind its ERASE: a cut leaves no identity (nobody has seen its key yet) or no
// cell (the device waits to be provisioned again), never half of one.
//
// Rule: the seed of a device that belongs to a cell is never replaced. If it is unreadable, the device refuses to start.

import * as hal from "../hal";
import * as layout from "../layout";
import * as genesisLayout from "../wire/genesis";
import * as reason from "../wire/reason";
import * as record from "../wire/record";
import * as ed25519 from "../crypto/ed25519";
import * as key from "../cose/key";
import * as crc from "./crc";
import * as flash from "./flash";
import * as map from "./map";
import * as ring from "./ring";

const SEED: usize = map.IDENTITY;
const PUB: usize = map.IDENTITY + 32;
const CELL_KEY: usize = map.IDENTITY + 64;
const KID: usize = map.IDENTITY + 96;
const LENGTH: usize = map.IDENTITY + 104; // of the genesis, 0: none

const SEED_MAGIC: u32 = 0x44495953; // "SYID"
const CELL_MAGIC: u32 = 0x4c435953; // "SYCL"
const SEED_CRC: u32 = 40;
const GENESIS: u32 = 40;
const GENESIS_MAX: u32 = genesisLayout.VALIDATORS + 32 * genesisLayout.STRIDE;

if (GENESIS_MAX > <u32>(layout.WORK_END - layout.WORK)) ERROR("a genesis does not fit the work region");

/** Address of the 32-byte secret seed. */
// @ts-ignore: decorator
@inline export function seed(): usize {
  return SEED;
}

/** Address of the 32-byte public key. */
// @ts-ignore: decorator
@inline export function pub(): usize {
  return PUB;
}

/** Address of the 8-byte key id. */
// @ts-ignore: decorator
@inline export function kid(): usize {
  return KID;
}

/** Address of the 32-byte hop key of the cell. */
// @ts-ignore: decorator
@inline export function cellKey(): usize {
  return CELL_KEY;
}

/** Length of the genesis, 0 when the device belongs to no cell. */
// @ts-ignore: decorator
@inline export function genesis(): u32 {
  return load<u32>(LENGTH);
}

function derive(): void {
  ed25519.publicKey(SEED, PUB);
  key.kid(PUB, KID);
}

/** Reads identity and cell from flash; false when there is no whole identity. Leaves the genesis at layout.WORK. */
function loadAll(): bool {
  readGenesis();
  const p = map.BUFFER;
  if (!flash.read(record.REGION_CONFIG, 0, p, SEED_CRC + 4)) return false;
  if (load<u32>(p) != SEED_MAGIC || crc.crc32(0, p, SEED_CRC) != load<u32>(p, SEED_CRC)) return false;
  memory.copy(SEED, p + 8, 32);
  memory.fill(p, 0, SEED_CRC);
  derive();
  return true;
}
export { loadAll as load }; // `load` inside this file is the instruction

/** Draws a seed and STOREs it. After load() said that there is none; 0, or the reason why a new one would be wrong. */
export function make(): u32 {
  if (genesis() != 0) return reason.IDENTITY_LOST;
  ring.erase(record.REGION_CONFIG, 0);
  const q = ring.program(record.REGION_CONFIG, 0, SEED_CRC + 8);
  hal.entropy(SEED, 32);
  store<u32>(q, SEED_MAGIC);
  store<u32>(q, 0, 4);
  memory.copy(q + 8, SEED, 32);
  store<u32>(q, crc.crc32(0, q, SEED_CRC), SEED_CRC);
  store<u32>(q, 0xffffffff, SEED_CRC + 4);
  derive();
  return 0;
}

/** Reads the genesis to layout.WORK and the cell key to its place; the length, 0 when there is no whole one. */
export function readGenesis(): u32 {
  const sector = flash.sector(record.REGION_CONFIG);
  const p = map.BUFFER;
  store<u32>(LENGTH, 0);
  if (!flash.read(record.REGION_CONFIG, sector, p, GENESIS)) return 0;
  const n = load<u32>(p, 4);
  if (load<u32>(p) != CELL_MAGIC || n > GENESIS_MAX) return 0;
  const c = crc.crc32(0, p, GENESIS);
  memory.copy(CELL_KEY, p + 8, 32);
  if (!flash.read(record.REGION_CONFIG, sector + GENESIS + n, p, 4)) return 0;
  if (!flash.read(record.REGION_CONFIG, sector + GENESIS, layout.WORK, n)) return 0;
  if (crc.crc32(c, layout.WORK, n) != load<u32>(p)) return 0;
  store<u32>(LENGTH, n);
  return n;
}

/** STOREs the cell key and the genesis, n bytes at p together. It counts from the next boot on. 0 or a reason. */
export function provision(p: usize, n: u32): u32 {
  if (genesis() != 0) return reason.PROVISIONED;
  if (n < 32 || !genesisLayout.check(<u32>p + 32, n - 32)) return reason.GENESIS_SHAPE;
  const sector = flash.sector(record.REGION_CONFIG);
  const size = (8 + n + 4 + 7) & ~7;
  ring.erase(record.REGION_CONFIG, 1);
  const q = ring.program(record.REGION_CONFIG, sector, size);
  store<u64>(q + size - 8, u64.MAX_VALUE);
  store<u32>(q, CELL_MAGIC);
  store<u32>(q, n - 32, 4);
  memory.copy(q + 8, p, n);
  store<u32>(q + 8 + n, crc.crc32(0, q, 8 + n));
  return 0;
}

/** Signs n bytes at p with the device's key: 64 B to out. */
export function sign(p: usize, n: u32, out: usize): void {
  ed25519.sign(SEED, PUB, p, n, out);
}
