// Published test vectors through the device's own crypto.
//
//   runVectors(module, JSON.parse(file))  ->  { passed: 61, failed: [], admitted: ["tcId 43"] }
//
// Understood: Wycheproof's files for EDDSA (edwards25519), HMACSHA256, HMACSHA512 and HKDF-SHA-256; plain {algorithm, tests: [{msg, digest}]}
// and NIST CAVP's {origin, tests: [{Len, Msg, MD}]} for SHA-256 and SHA-512. Anything else is an Error: a file is never half run.
//
// Rule: every answer is the device's. The host computes one thing only: whether ZIP-215, which Synod follows by design, admits a signature
// that a vector calls invalid (@noble/curves says so); such cases are listed as admitted, and the device must admit exactly these.

import { ed25519 } from "@noble/curves/ed25519.js";

/** A debug module, as host/cli/module.ts and test/wasm.ts hand it out. */
export interface Hooks {
  call(name: string, ...args: (number | bigint)[]): number | bigint;
  bytes(p: number, n: number): Uint8Array;
  write(p: number, bytes: Uint8Array): void;
}

export interface Report {
  passed: number;
  /** One sentence per failure. */
  failed: string[];
  /** Signatures that the vectors call invalid and ZIP-215 admits. */
  admitted: string[];
}

/** The device's crypto over byte arrays. */
export interface DeviceCrypto {
  sha256(message: Uint8Array): Uint8Array;
  sha512(message: Uint8Array): Uint8Array;
  hmac256(key: Uint8Array, message: Uint8Array): Uint8Array;
  hmac512(key: Uint8Array, message: Uint8Array): Uint8Array;
  hkdf256(salt: Uint8Array, ikm: Uint8Array, info: Uint8Array, size: number): Uint8Array;
  publicKey(seed: Uint8Array): Uint8Array;
  sign(seed: Uint8Array, pub: Uint8Array, message: Uint8Array): Uint8Array;
  /** Key and signature must have 32 and 64 bytes. */
  verify(pub: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** 0 or a reason number. */
  checkKey(pub: Uint8Array): number;
  /** A bitmap of the bad ones among at most 32. */
  batch(signed: { pub: Uint8Array; message: Uint8Array; signature: Uint8Array }[]): number;
}

/** Room for one call's arguments in the device's test buffer. */
class Room {
  readonly #m: Hooks;
  readonly #start: number;
  readonly #end: number;
  #free: number;
  constructor(m: Hooks) {
    this.#m = m;
    this.#free = this.#start = Number(m.call("crypto_buffer"));
    this.#end = this.#start + Number(m.call("crypto_bufferSize"));
  }
  /** Bytes that are left. */
  left(): number {
    return this.#end - this.#free;
  }
  take(n: number): number {
    const p = this.#free;
    this.#free = (p + n + 7) & ~7;
    if (this.#free > this.#end) throw new RangeError(`${n} bytes are too many for the device's test buffer`);
    return p;
  }
  put(bytes: Uint8Array): number {
    const p = this.take(bytes.length);
    this.#m.write(p, bytes);
    return p;
  }
  /** Starts anew, runs `call` with the address of `size` bytes, and returns these. */
  result(size: number, call: (out: number) => void): Uint8Array {
    this.#free = this.#start;
    const out = this.take(size);
    call(out);
    return this.#m.bytes(out, size);
  }
  /** Starts anew and returns what `call` returns, as an unsigned number. */
  answer(call: () => number | bigint): number {
    this.#free = this.#start;
    return Number(call()) >>> 0;
  }
}

const PIECE = 4093; // odd, so that pieces meet block edges everywhere

function hash(m: Hooks, room: Room, name: string, size: number, message: Uint8Array): Uint8Array {
  return room.result(size, (out) => {
    if (message.length + 8 <= room.left()) {
      m.call(`crypto_${name}_hash`, room.put(message), message.length, out);
      return;
    }
    const state = room.take(256);
    const piece = room.take(PIECE);
    m.call(`crypto_${name}_init`, state);
    for (let at = 0; at < message.length; at += PIECE) {
      const part = message.subarray(at, at + PIECE);
      m.write(piece, part);
      m.call(`crypto_${name}_update`, state, piece, part.length);
    }
    m.call(`crypto_${name}_final`, state, out);
  });
}

export function deviceCrypto(m: Hooks): DeviceCrypto {
  const room = new Room(m);
  const put = (bytes: Uint8Array): number => room.put(bytes);
  const mac = (name: string, size: number, key: Uint8Array, message: Uint8Array) =>
    room.result(size, (out) => {
      m.call(`crypto_hmac_${name}`, put(key), key.length, put(message), message.length, out);
    });
  return {
    sha256: (message) => hash(m, room, "sha256", 32, message),
    sha512: (message) => hash(m, room, "sha512", 64, message),
    hmac256: (key, message) => mac("sha256", 32, key, message),
    hmac512: (key, message) => mac("sha512", 64, key, message),
    hkdf256: (salt, ikm, info, size) =>
      room.result(Math.min(size, 8160), (out) => {
        const [s, k, i] = [put(salt), put(ikm), put(info)];
        m.call("crypto_hkdf_sha256", s, salt.length, k, ikm.length, i, info.length, out, size); // traps past 8,160
      }),
    publicKey: (seed) => room.result(32, (out) => void m.call("crypto_ed25519_publicKey", put(seed), out)),
    sign: (seed, pub, message) =>
      room.result(64, (out) => {
        m.call("crypto_ed25519_sign", put(seed), put(pub), put(message), message.length, out);
      }),
    verify: (pub, message, signature) =>
      room.answer(() => m.call("crypto_ed25519_verify", put(pub), put(message), message.length, put(signature))) !== 0,
    checkKey: (pub) => room.answer(() => m.call("crypto_ed25519_checkKey", put(pub))),
    batch: (signed) =>
      room.answer(() => {
        m.call("crypto_batch_begin");
        for (const s of signed) {
          m.call("crypto_batch_add", put(s.pub), put(s.message), s.message.length, put(s.signature));
        }
        return m.call("crypto_batch_run");
      }),
  };
}

interface Case {
  tcId: number;
  comment?: string;
  result: string;
  [field: string]: unknown;
}
interface Group {
  type: string;
  tests: Case[];
  tagSize?: number;
  publicKey?: { pk: string; curve: string };
}

const bytes = (hex: unknown): Uint8Array => {
  if (typeof hex !== "string" || !/^([0-9a-f]{2})*$/i.test(hex))
    throw new Error(`not a string of hex digits: ${String(hex)}`);
  return new Uint8Array(Buffer.from(hex, "hex"));
};
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** True: valid, says the device. A verdict other than the vector's result is a failure, "admitted" aside. */
type Verdict = boolean | "admitted";

function signature(device: DeviceCrypto, group: Group, test: Case): Verdict {
  if (group.publicKey?.curve !== "edwards25519")
    throw new Error(`no such curve on the device: ${group.publicKey?.curve}`);
  const [pub, message, signature] = [bytes(group.publicKey.pk), bytes(test.msg), bytes(test.sig)];
  if (pub.length !== 32 || signature.length !== 64) return false; // COSE refuses other lengths before crypto sees them
  const accepted = device.verify(pub, message, signature);
  const batched = device.batch([{ pub, message, signature }]) === 0;
  if (accepted !== batched) return test.result !== "valid"; // whatever is right, one of them is wrong
  if (test.result === "valid" || !ed25519.verify(signature, message, pub, { zip215: true })) return accepted;
  return accepted ? "admitted" : true; // ZIP-215 admits it: so must the device
}

function tag(device: DeviceCrypto, group: Group, test: Case, wide: boolean): Verdict {
  const computed = (wide ? device.hmac512 : device.hmac256)(bytes(test.key), bytes(test.msg));
  return same(computed.subarray(0, (group.tagSize ?? 0) / 8), bytes(test.tag));
}

function derived(device: DeviceCrypto, test: Case): Verdict {
  const [ikm, salt, info, okm] = [bytes(test.ikm), bytes(test.salt), bytes(test.info), bytes(test.okm)];
  try {
    return same(device.hkdf256(salt, ikm, info, Number(test.size)), okm);
  } catch (error) {
    if (error instanceof RangeError) throw error; // ours, not the device's
    return false; // the device refuses more than 255 blocks
  }
}

const WYCHEPROOF: Record<string, (device: DeviceCrypto, group: Group, test: Case) => Verdict> = {
  "EDDSA EddsaVerify": signature,
  "HMACSHA256 MacTest": (device, group, test) => tag(device, group, test, false),
  "HMACSHA512 MacTest": (device, group, test) => tag(device, group, test, true),
  "HKDF-SHA-256 HkdfTest": (device, _group, test) => derived(device, test),
};

function wycheproof(device: DeviceCrypto, algorithm: string, groups: Group[]): Report {
  const report: Report = { passed: 0, failed: [], admitted: [] };
  for (const group of groups) {
    const run = WYCHEPROOF[`${algorithm} ${group.type}`];
    if (!run) throw new Error(`no vectors of this kind can be run: algorithm ${algorithm}, type ${group.type}`);
    for (const test of group.tests) {
      if (!["valid", "invalid"].includes(test.result))
        throw new Error(`tcId ${test.tcId}: unknown result ${test.result}`);
      const verdict = run(device, group, test);
      if (verdict === "admitted") report.admitted.push(`tcId ${test.tcId}`);
      else if (verdict === (test.result === "valid")) report.passed++;
      else
        report.failed.push(`tcId ${test.tcId} (${test.comment ?? ""}): ${test.result}, but the device says otherwise`);
    }
  }
  return report;
}

function digests(device: DeviceCrypto, algorithm: string, tests: Record<string, unknown>[]): Report {
  const hash = /^SHA-?(256|512)$/i.exec(algorithm)?.[1];
  if (!hash) throw new Error(`no vectors of this kind can be run: algorithm ${algorithm}`);
  const report: Report = { passed: 0, failed: [], admitted: [] };
  tests.forEach((test, i) => {
    const digest = bytes(test.digest ?? test.MD);
    let message = bytes(test.msg ?? test.Msg);
    if (test.Len !== undefined) {
      if (Number(test.Len) % 8 !== 0) throw new Error(`test ${i + 1}: a message of ${test.Len} bits`);
      message = message.subarray(0, Number(test.Len) / 8); // CAVP writes the empty message as 00
    }
    if (same((hash === "256" ? device.sha256 : device.sha512)(message), digest)) report.passed++;
    else report.failed.push(`test ${i + 1}, ${message.length} bytes: another digest`);
  });
  return report;
}

/** Runs a file of vectors on the device. Throws an Error when it is none of the known kinds. */
export function runVectors(module: Hooks, json: unknown): Report {
  const device = deviceCrypto(module);
  const file = (typeof json === "object" && json !== null ? json : {}) as Record<string, unknown>;
  const { algorithm, testGroups, tests } = file;
  if (typeof algorithm === "string" && Array.isArray(testGroups))
    return wycheproof(device, algorithm, testGroups as Group[]);
  if (Array.isArray(tests) && tests.length > 0) {
    if (typeof algorithm === "string" && tests.every((t) => "msg" in t && "digest" in t))
      return digests(device, algorithm, tests);
    const cavp = /^NIST CAVP (SHA(?:256|512))/.exec(String(file.origin))?.[1];
    if (cavp && tests.every((t) => "Len" in t && "Msg" in t && "MD" in t)) return digests(device, cavp, tests);
  }
  throw new Error(
    "not a file of vectors that can be run: Wycheproof EDDSA, HMACSHA256, HMACSHA512, HKDF-SHA-256, or {algorithm, tests: [{msg, digest}]}",
  );
}
