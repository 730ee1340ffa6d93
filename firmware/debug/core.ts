// Test hooks of core/: one thin line each, flat names.

import * as crc from "../core/crc";
import * as flash from "../core/flash";
import * as identity from "../core/identity";
import * as journal from "../core/journal";
import * as keys from "../core/keys";
import * as log from "../core/log";
import * as ring from "../core/ring";
import * as rng from "../core/rng";
import * as snapshot from "../core/snapshot";

export function core_crc_crc32(seed: u32, p: usize, n: u32): u32 {
  return crc.crc32(seed, p, n);
}

export function core_ring_begin(): void {
  ring.begin();
}
export function core_ring_room(): u32 {
  return ring.room();
}
export function core_ring_store(region: u32, offset: u32, p: usize, n: u32): void {
  ring.store(region, offset, p, n);
}
export function core_ring_erase(region: u32, sector: u32): void {
  ring.erase(region, sector);
}
export function core_ring_send(link: u32, peer: u32, n: u32): usize {
  return ring.send(link, peer, n);
}
export function core_ring_event(kind: u32, n: u32): usize {
  return ring.event(kind, n);
}
export function core_ring_act(channel: u32, value: i64): void {
  ring.act(channel, value);
}
export function core_ring_reset(reason: u32): void {
  ring.reset(reason);
}

export function core_rng_seed(): void {
  rng.seed();
}
export function core_rng_next(): u32 {
  return rng.next();
}

export function core_flash_open(): u32 {
  return flash.open();
}
export function core_flash_size(region: u32): u32 {
  return flash.size(region);
}
export function core_flash_sector(region: u32): u32 {
  return flash.sector(region);
}

export function core_keys_tend(heads: usize, n: u32): bool {
  return keys.tend(heads, n);
}

export function core_journal_open(): u32 {
  return journal.open();
}
export function core_journal_next(cursor: u32, out: usize): u32 {
  return journal.next(cursor, out);
}
export function core_journal_room(): u32 {
  return journal.room();
}
export function core_journal_turn(): void {
  journal.turn();
}
export function core_journal_append(p: usize): void {
  journal.append(p);
}
export function core_journal_seal(): void {
  journal.seal();
}

export function core_log_open(): u32 {
  return log.open();
}
export function core_log_first(): u32 {
  return log.first();
}
export function core_log_next(offset: u32): u32 {
  return log.next(offset);
}
export function core_log_head(offset: u32, out: usize): bool {
  return log.head(offset, out);
}
export function core_log_check(offset: u32): bool {
  return log.check(offset);
}
export function core_log_read(offset: u32, at: u32, p: usize, n: u32): bool {
  return log.read(offset, at, p, n);
}
export function core_log_append(
  kind: u32,
  view: u32,
  height: u32,
  digest: usize,
  p1: usize,
  n1: u32,
  p2: usize,
  n2: u32,
): u32 {
  return log.append(kind, view, height, digest, p1, n1, p2, n2);
}

export function core_snapshot_begin(meta: usize): void {
  snapshot.begin(meta);
}
export function core_snapshot_step(): bool {
  return snapshot.step();
}
export function core_snapshot_busy(): bool {
  return snapshot.busy();
}
export function core_snapshot_load(meta: usize): bool {
  return snapshot.load(meta);
}

export function core_identity_load(): bool {
  return identity.load();
}
export function core_identity_make(): u32 {
  return identity.make();
}
export function core_identity_pub(): usize {
  return identity.pub();
}
export function core_identity_kid(): usize {
  return identity.kid();
}
export function core_identity_seed(): usize {
  return identity.seed();
}
export function core_identity_cellKey(): usize {
  return identity.cellKey();
}
export function core_identity_genesis(): u32 {
  return identity.genesis();
}
export function core_identity_readGenesis(): u32 {
  return identity.readGenesis();
}
export function core_identity_provision(p: usize, n: u32): u32 {
  return identity.provision(p, n);
}
export function core_identity_sign(p: usize, n: u32, out: usize): void {
  identity.sign(p, n, out);
}
