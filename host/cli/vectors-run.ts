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

export function deviceCrypto(m: Hooks): DeviceCrypto {
  const start = Number(m.call("crypto_buffer"));
  const end = start + Number(m.call("crypto_bufferSize"));
  let free = start;
  const room = (n: number): number => {
    const p = free;
    free = (p + n + 7) & ~7;
    if (free > end) throw new RangeError(`the device's test buffer of ${end - start} bytes is too small for this call`);
    return p;
  };
  const put = (bytes: Uint8Array): number => {
    const p = room(bytes.length);
    m.write(p, bytes);
    return p;
  };
  /** Runs one call in an empty buffer. */
  const fresh = <T>(run: () => T): T => {
    free = start;
    return run();
  };
  const hash = (name: string, size: number, message: Uint8Array) =>
    fresh(() => {
      const out = room(size);
      if (message.length <= end - free - 8) {
        m.call(`crypto_${name}_hash`, put(message), message.length, out);
        return m.bytes(out, size);
      }
      const state = room(256); // longer than the buffer: in pieces of an odd length
      const piece = room(4093);
      m.call(`crypto_${name}_init`, state);
      for (let at = 0; at < message.length; at += 4093) {
        const part = message.subarray(at, at + 4093);
        m.write(piece, part);
        m.call(`crypto_${name}_update`, state, piece, part.length);
      }
      m.call(`crypto_${name}_final`, state, out);
      return m.bytes(out, size);
    });
  const mac = (name: string, size: number, key: Uint8Array, message: Uint8Array) =>
    fresh(() => {
      const out = room(size);
      m.call(`crypto_hmac_${name}`, put(key), key.length, put(message), message.length, out);
      return m.bytes(out, size);
    });
  return {
    sha256: (message) => hash("sha256", 32, message),
    sha512: (message) => hash("sha512", 64, message),
    hmac256: (key, message) => mac("sha256", 32, key, message),
    hmac512: (key, message) => mac("sha512", 64, key, message),
    hkdf256: (salt, ikm, info, size) =>
      fresh(() => {
        const [s, k, i] = [put(salt), put(ikm), put(info)];
        const out = room(Math.min(size, 8160)); // a larger size is refused before a byte is written
        m.call("crypto_hkdf_sha256", s, salt.length, k, ikm.length, i, info.length, out, size);
        return m.bytes(out, size);
      }),
    publicKey: (seed) =>
      fresh(() => {
        const out = room(32);
        m.call("crypto_ed25519_publicKey", put(seed), out);
        return m.bytes(out, 32);
      }),
    sign: (seed, pub, message) =>
      fresh(() => {
        const out = room(64);
        m.call("crypto_ed25519_sign", put(seed), put(pub), put(message), message.length, out);
        return m.bytes(out, 64);
      }),
    verify: (pub, message, signature) =>
      fresh(() => m.call("crypto_ed25519_verify", put(pub), put(message), message.length, put(signature)) !== 0),
    checkKey: (pub) => fresh(() => Number(m.call("crypto_ed25519_checkKey", put(pub)))),
    batch: (signed) =>
      fresh(() => {
        m.call("crypto_batch_begin");
        for (const s of signed) {
          m.call("crypto_batch_add", put(s.pub), put(s.message), s.message.length, put(s.signature));
        }
        return Number(m.call("crypto_batch_run")) >>> 0;
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

/** What the device said of one case: true when it accepted or computed the expected bytes; "admitted" as runVectors has it. */
type Verdict = boolean | "admitted";

function signature(device: DeviceCrypto, group: Group, test: Case): Verdict {
  if (group.publicKey?.curve !== "edwards25519")
    throw new Error(`no such curve on the device: ${group.publicKey?.curve}`);
  const [pub, message, signature] = [bytes(group.publicKey.pk), bytes(test.msg), bytes(test.sig)];
  if (pub.length !== 32 || signature.length !== 64) return false; // COSE refuses other lengths before crypto sees them
  const accepted = device.verify(pub, message, signature);
  const batched = device.batch([{ pub, message, signature }]) === 0;
  if (accepted !== batched) throw new Error(`tcId ${test.tcId}: single and batch verification disagree`);
  if (!accepted || test.result === "valid") return accepted;
  return ed25519.verify(signature, message, pub, { zip215: true }) ? "admitted" : true;
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
