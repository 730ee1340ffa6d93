// The link: objects of this cell in and out of radio frames (wire/frame.ts), one neighbourhood, every frame under the hop MAC.
//
//   in:   length, magic, type │ own frame? │ MAC among the last 64? │ MAC right? │ whole object, or a piece (fragment.ts)
//         └── cheapest refusal first ──────────────────────────────┘ one HMAC
//
// The hop MAC keeps strangers out, not members: whoever holds the cell key can say anything under any source, so nothing above
// believes `source`, and every object is verified for itself. Each frame has a new sequence number, so a resend has a new MAC and
// counts as news; a copy of a frame has the old one and is dropped.
//
// Rule: a frame that fails its MAC changes nothing here.

import * as hal from "../hal";
import * as frame from "../wire/frame";
import * as effect from "../wire/effect";
import * as kind from "../wire/kind";
import * as reason from "../wire/reason";
import * as hmac from "../crypto/hmac";
import * as sha256 from "../crypto/sha256";
import * as ring from "../core/ring";
import * as fragment from "./fragment";

const KEY: usize = fragment.END; // address of the cell key
const MTU: usize = KEY + 4;
const ME: usize = KEY + 8;
const SESSION: usize = KEY + 12;
const SEQUENCE: usize = KEY + 16;
const OBJECT: usize = KEY + 20; // address of the object delivered last
const SOURCE: usize = KEY + 24;
const HEARD_AT: usize = KEY + 28;
const HASH: usize = KEY + 32; // 32 B: a MAC or an object's hash under construction
const HEARD: usize = KEY + 64; // the last 64 MACs, 8 B each
const HEARD_SIZE: u32 = 512;
export const END: usize = HEARD + HEARD_SIZE;

const RADIO: u32 = 0; // the one link there is so far

/** Opens the link: cell key (32 B that stay where they are), the cell's MTU (128..1500), own signer index (255: none). */
export function open(cellKey: usize, mtu: u32, me: u32): void {
  store<u32>(KEY, <u32>cellKey);
  store<u32>(MTU, mtu);
  store<u32>(ME, me);
  hal.entropy(SESSION, 4);
}

/** Hop MAC of the n bytes at p. */
function mac(p: usize, n: u32): u64 {
  hmac.sha256(load<u32>(KEY), 32, p, n, HASH);
  return load<u64>(HASH);
}

/** True when this MAC is among the last 64. */
function heard(tag: u64): bool {
  for (let p = HEARD; p < END; p += 8) if (load<u64>(p) == tag) return true;
  return false;
}

/**
 * Takes the frame of n bytes at p. Above 0: length of a complete object at object(), valid until the next call. 0: nothing new
 * (a piece, a copy, an own frame). Below 0: minus the reason of refusal.
 */
export function receive(p: usize, n: u32, now: u64): i32 {
  if (n <= frame.OVERHEAD) return -(<i32>reason.FRAME_SHORT);
  if (n > load<u32>(MTU)) return -(<i32>reason.FRAME_LONG);
  if (load<u8>(p) != frame.MAGIC_1) return -(<i32>reason.FRAME_MAGIC);
  if (!frame.check(<u32>p, n)) return -(<i32>reason.FRAME_TYPE);
  const source: u32 = load<u8>(p, frame.SOURCE);
  if (source == load<u32>(ME) && load<u32>(p, frame.SESSION) == load<u32>(SESSION)) return 0;
  n -= frame.MAC_SIZE;
  const tag = load<u64>(p + n);
  if (heard(tag)) return 0;
  if (mac(p, n) != tag) return -(<i32>reason.FRAME_MAC);
  const at = load<u32>(HEARD_AT);
  store<u64>(HEARD + at, tag);
  store<u32>(HEARD_AT, (at + 8) & (HEARD_SIZE - 1));

  let object = p + frame.PAYLOAD;
  let length = n - frame.PAYLOAD;
  if (load<u8>(p, frame.TYPE) == frame.FRAGMENT) {
    const slot = fragment.accept(p, n, <u32>now);
    if (slot <= 0) return slot;
    object = <usize>slot + fragment.BYTES;
    length = fragment.total(slot);
  }
  const first: u32 = load<u8>(object);
  if (first - 1 >= kind.LAST) return -(<i32>reason.OBJECT_KIND);
  store<u32>(OBJECT, <u32>object);
  store<u32>(SOURCE, source);
  return length;
}

/** Address of the object that receive() delivered. */
// @ts-ignore: decorator
@inline export function object(): usize {
  return load<u32>(OBJECT);
}

/** Who says to have sent it: a signer index, or 255. */
// @ts-ignore: decorator
@inline export function source(): u32 {
  return load<u32>(SOURCE);
}

/** Frames that an object of n bytes takes at this cell's MTU. */
export function fragments(n: u32): u32 {
  const mtu = load<u32>(MTU);
  if (n <= mtu - frame.OVERHEAD) return 1;
  const most = mtu - frame.FRAGMENT_OVERHEAD;
  return (n + most - 1) / most;
}

/** Puts one frame on the ring: `extra` bytes are left for the fragment head. Returns where they go; 0 without room. */
function put(type: u32, extra: u32, p: usize, n: u32): usize {
  const q = ring.send(RADIO, effect.EVERYBODY, frame.OVERHEAD + extra + n);
  if (q == 0) return 0;
  const sequence = load<u32>(SEQUENCE) + 1;
  store<u32>(SEQUENCE, sequence);
  store<u32>(q, frame.MAGIC_1 | (type << 8) | (load<u32>(ME) << 16));
  store<u32>(q, load<u32>(SESSION), frame.SESSION);
  store<u32>(q, sequence, frame.SEQUENCE);
  memory.copy(q + frame.PAYLOAD + extra, p, n);
  return q;
}

/** Writes the hop MAC behind the n bytes of frame at q. */
function seal(q: usize, n: u32): void {
  store<u64>(q + n, mac(q, n));
}

/**
 * Broadcasts the object of n bytes at p: in one frame when it fits, else the pieces whose bit is set in mask. `id` is the address of
 * its 8-byte id, 0: the first 8 bytes of its SHA-256. False when the ring had no room for all of them.
 */
export function send(id: usize, p: usize, n: u32, mask: u32): bool {
  const count = fragments(n);
  if (count == 1) {
    const q = put(frame.WHOLE, 0, p, n);
    if (q != 0) seal(q, frame.PAYLOAD + n);
    return q != 0;
  }
  if (id == 0) {
    sha256.hash(p, n, HASH);
    id = HASH;
  }
  const name = load<u64>(id); // HASH is about to be used for MACs
  const chunk = fragment.pieceLength(n, count, 0);
  for (let i: u32 = 0; i < count; i++) {
    if ((mask & (1 << i)) == 0) continue;
    const length = fragment.pieceLength(n, count, i);
    const q = put(frame.FRAGMENT, frame.FRAGMENT_OVERHEAD - frame.OVERHEAD, p + i * chunk, length);
    if (q == 0) return false;
    store<u64>(q, name, frame.FRAGMENT_ID);
    store<u32>(q, n | (i << 16) | (count << 24), frame.FRAGMENT_TOTAL);
    seal(q, frame.FRAGMENT_BYTES + length);
  }
  return true;
}

/** The freshest object under reassembly: its id to out (8 B), returns the bitmap of pieces held; zeros when there is none. */
export function partial(out: usize): u32 {
  return fragment.partial(out);
}

/** What receive() delivered last was not what its id promised: take its pieces again. */
export function reject(): void {
  fragment.reject();
}

/** Every object may be delivered again: called when neighbours were told what is lacking. */
export function forget(): void {
  fragment.forget();
}
