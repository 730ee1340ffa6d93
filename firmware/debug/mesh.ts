// Test hooks of mesh/: one thin line each, flat names.

import * as ring from "../core/ring";
import * as link from "../mesh/link";
import * as pool from "../mesh/pool";

export function mesh_link_open(cellKey: usize, mtu: u32, me: u32): void {
  link.open(cellKey, mtu, me);
}
export function mesh_link_receive(p: usize, n: u32, now: u64): i32 {
  return link.receive(p, n, now);
}
export function mesh_link_object(): usize {
  return link.object();
}
export function mesh_link_source(): u32 {
  return link.source();
}
export function mesh_link_send(id: usize, p: usize, n: u32, mask: u32): bool {
  return link.send(id, p, n, mask);
}
export function mesh_link_partial(out: usize): u32 {
  return link.partial(out);
}
export function mesh_link_fragments(n: u32): u32 {
  return link.fragments(n);
}
export function mesh_link_reject(): void {
  link.reject();
}
export function mesh_link_forget(): void {
  link.forget();
}
export function mesh_ring_begin(): void {
  ring.begin();
}

export function mesh_pool_add(p: usize, n: u32, own: bool, now: u64): u32 {
  return pool.add(p, n, own, now);
}
export function mesh_pool_has(id8: usize): bool {
  return pool.has(id8);
}
export function mesh_pool_drop(id8: usize): void {
  pool.drop(id8);
}
export function mesh_pool_count(): u32 {
  return pool.count();
}
export function mesh_pool_first(): usize {
  return pool.first();
}
export function mesh_pool_next(e: usize): usize {
  return pool.next(e);
}
export function mesh_pool_bytes(e: usize): usize {
  return pool.bytes(e);
}
export function mesh_pool_length(e: usize): u32 {
  return pool.length(e);
}
export function mesh_pool_id(e: usize): usize {
  return pool.id(e);
}
export function mesh_pool_gossip(now: u64): u32 {
  return pool.gossip(now);
}
