// Test hooks of core/tree.ts.

import * as tree from "../core/tree";

export function core_tree_reset(salt: usize): void {
  tree.reset(salt);
}
export function core_tree_restore(): void {
  tree.restore();
}
export function core_tree_image(): usize {
  return tree.image();
}
export function core_tree_imageLength(): u32 {
  return tree.imageLength();
}
export function core_tree_find(k: usize, kn: u32): usize {
  return tree.find(k, kn);
}
export function core_tree_get(k: usize, kn: u32, out: usize): i32 {
  return tree.get(k, kn, out);
}
export function core_tree_put(k: usize, kn: u32, v: usize, vn: u32): u32 {
  return tree.put(k, kn, v, vn);
}
export function core_tree_remove(k: usize, kn: u32): bool {
  return tree.remove(k, kn);
}
export function core_tree_next(entry: usize): usize {
  return tree.next(entry);
}
export function core_tree_root(out: usize): void {
  tree.root(out);
}
export function core_tree_prove(k: usize, kn: u32, out: usize, room: u32): u32 {
  return tree.prove(k, kn, out, room);
}
