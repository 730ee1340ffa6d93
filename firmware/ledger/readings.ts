// Sensor readings: a SenML pack (RFC 8428 6, integers only) whose records are the leaves of a Merkle tree (RFC 6962).
//
//   pack    = [1*8 record]        record = {? n 0: text, ? u 1: text, v 2: int, ? t 6: int, ? bn -2: text, ? bt -3: int}
//   leaf    = SHA-256(0, encoded record)
//
// Values are thousandths of the unit, whose name says so ("mCel", "m%RH"); times are seconds. The device's own packs give
// the first record's time as bt and later ones as t from there, so a proof of one reading shows the first record too.
// Rule: what pack() makes, check() accepts, and check() accepts nothing that a strict SenML reader would read otherwise.

import * as cbor from "../cose/cbor";
import * as merkle from "../crypto/merkle";
import * as reason from "../wire/reason";
import * as state from "./state";

/** Readings in one pack, at most. */
export const MAX: u32 = 8;
/** Bytes of a pack of the device's own, at most. */
export const PACK_MAX: u32 = 272;

const N: i64 = 0;
const U: i64 = 1;
const V: i64 = 2;
const T: i64 = 6;
const BN: i64 = -2;
const BT: i64 = -3;

// sample: 0 name u64 · 8 value i64 · 16 unit u32 · 20 time u32
const STRIDE: usize = 24;

/** Are the n bytes at `pack` a pack as above, with its Merkle root at `root`? 0 or a reason. */
export function check(pack: usize, n: u32, root: usize): u32 {
  cbor.open(pack, n);
  cbor.skip(); // order of keys, text, depth
  let why = cbor.close();
  if (why) return why;
  cbor.open(pack, n);
  const count = cbor.array();
  let fits = count - 1 < MAX;
  for (let i: u32 = 0; fits && i < count; i++) {
    const record = cbor.next();
    let valued = false;
    for (let pairs = cbor.map(); pairs; pairs--) {
      const label = cbor.int();
      if (label == N || label == U || label == BN) cbor.string(3);
      else if (label == V || label == T || label == BT) cbor.int();
      else {
        cbor.skip();
        fits = false;
      }
      if (label == V) valued = true;
    }
    if (!valued) fits = false;
    merkle.leaf(record, <u32>(cbor.next() - record), state.HASHES + 32 * i);
  }
  if (!fits) cbor.refuse(reason.READINGS_SHAPE);
  why = cbor.close();
  if (why) return why;
  merkle.root(state.HASHES, count, state.HASHES);
  return memory.compare(state.HASHES, root, 32) ? reason.READINGS_ROOT : 0;
}

/** Keeps one reading for the next pack. Name and unit are ASCII, first character in the low byte. Returns how many are kept; 0 when there was no room. */
export function add(name: u64, unit: u32, value: i64, time: u32): u32 {
  const count = load<u32>(state.SAMPLES);
  if (count >= MAX) return 0;
  const p = state.SAMPLE + STRIDE * count;
  store<u64>(p, name);
  store<i64>(p, value, 8);
  store<u32>(p, unit, 16);
  store<u32>(p, time, 20);
  store<u32>(state.SAMPLES, count + 1);
  return count + 1;
}

/** Readings kept for the next pack. */
export function count(): u32 {
  return load<u32>(state.SAMPLES);
}

function label(name: i64, text: usize, width: u64): void {
  cbor.putInt(name);
  cbor.putString(3, text, <u32>((width + 7) >> 3));
}

function number(name: i64, v: i64): void {
  cbor.putInt(name);
  cbor.putInt(v);
}

/** Writes the readings kept (at least one) as a pack to `out` and its Merkle root to `root`, and forgets them. Returns the pack's length. */
export function pack(out: usize, root: usize): u32 {
  const count = load<u32>(state.SAMPLES);
  const base: i64 = load<u32>(state.SAMPLE, 20);
  cbor.begin(out, out + PACK_MAX);
  cbor.putArray(count);
  for (let i: u32 = 0; i < count; i++) {
    const p = state.SAMPLE + STRIDE * i;
    const record = cbor.next();
    cbor.putMap(4);
    label(N, p, 64 - clz<u64>(load<u64>(p)));
    label(U, p + 16, 32 - clz<u32>(load<u32>(p, 16)));
    number(V, load<i64>(p, 8));
    if (i) number(T, <i64>load<u32>(p, 20) - base);
    else number(BT, base);
    merkle.leaf(record, <u32>(cbor.next() - record), state.HASHES + 32 * i);
  }
  merkle.root(state.HASHES, count, root);
  store<u32>(state.SAMPLES, 0);
  return cbor.length();
}
