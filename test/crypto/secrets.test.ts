// No secret steers the device: key generation, signing, X25519, sealing, HMAC and HKDF take the same branches through the same addresses whatever their
// secrets are, as recorded from the emitted wasm (trace.ts). Public data may steer: verification shows that the recorder sees it.

import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { hex, Source } from "./device.ts";
import { lacking } from "../boards/board.ts";
import { ops } from "../../tools/count.ts";
import { mutant, type Edit } from "../../tools/mutants.mjs";
import { traced } from "./trace.ts";

const t = await traced();
const at = t.call("crypto_buffer");
const [SECRET, PUB, MESSAGE, OUT] = [at, at + 256, at + 320, at + 1024];
const ROUNDS = 24;
const DEBUG = "firmware/debug.ts";

/** Secrets of n bytes: extremes first, then random ones. */
function secrets(n: number, seed: number): Uint8Array[] {
  const source = new Source(seed);
  const fixed = [0, 255, 1, 0x80, 0x55].map((x) => new Uint8Array(n).fill(x));
  return [...fixed, ...Array.from({ length: ROUNDS }, () => source.bytes(n))];
}

/** Fails at the first event in which two recordings differ, naming the instruction. */
function assertSame(a: Int32Array, b: Int32Array, what: string): void {
  for (let i = 0; i < Math.max(a.length, b.length); i += 2) {
    if (a[i] === b[i] && a[i + 1] === b[i + 1]) continue;
    assert.unreachable(
      `${what}: event ${i / 2} is ${a[i + 1]} at ${t.name(a[i])}, then ${b[i + 1]} at ${t.name(b[i])}`,
    );
  }
}

/** Records `call` with each secret in place and compares with the first. */
function steady(what: string, all: Uint8Array[], call: (secret: Uint8Array) => void, on = t): void {
  let first: Int32Array | null = null;
  for (const secret of all) {
    on.write(SECRET, secret);
    const recording = on.record(() => call(secret));
    assert.ok(recording.length > 100, "nothing was recorded");
    first ??= recording;
    assertSame(first, recording, `${what}, ${hex(secret)}`);
  }
}

test("key generation is steady", () => {
  steady("publicKey", secrets(32, 1), () => t.call("crypto_ed25519_publicKey", SECRET, OUT));
  const seed = t.bytes(SECRET, 32);
  assert.equal(t.bytes(OUT, 32), ed25519.getPublicKey(seed), "and right, so that the rewritten module is the module");
});

test("signing is steady in seed, key and message, for every length near a block", () => {
  for (const n of [0, 32, 47, 111, 112, 200]) {
    const source = new Source(n);
    steady(`sign ${n} bytes`, secrets(32, 2).slice(0, n === 32 ? undefined : 8), (seed) => {
      t.write(PUB, ed25519.getPublicKey(seed));
      t.write(MESSAGE, source.bytes(n));
      t.call("crypto_ed25519_sign", SECRET, PUB, MESSAGE, n, OUT);
    });
  }
});

test("every scalar is multiplied in the same steps", () => {
  steady("base", secrets(32, 3), () => t.call("crypto_point_base", SECRET));
});

test("HMAC and HKDF are steady in key and message", () => {
  for (const n of [16, 32, 64, 100, 200]) {
    steady("hmac sha256", secrets(n, 4), () => t.call("crypto_hmac_sha256", SECRET, n, MESSAGE, 77, OUT));
    steady("hmac sha512", secrets(n, 5), () => t.call("crypto_hmac_sha512", SECRET, n, MESSAGE, 77, OUT));
    steady("hkdf", secrets(n, 6), () => t.call("crypto_hkdf_sha256", MESSAGE, 8, SECRET, n, MESSAGE, 9, OUT, 100));
  }
});

test("X25519 is steady in the scalar, and in the peer's key: both its verdicts", () => {
  t.write(PUB, x25519.getPublicKey(new Source(11).bytes(32)));
  steady("public key", secrets(32, 12), () => t.call("crypto_x25519_publicKey", SECRET, OUT));
  steady("shared", secrets(32, 13), () => t.call("crypto_x25519_shared", SECRET, PUB, OUT));
  const secret = t.bytes(SECRET, 32);
  assert.equal(t.bytes(OUT, 32), x25519.getSharedSecret(secret, t.bytes(PUB, 32)));
  t.write(PUB, secret);
  steady("peer", secrets(32, 14), () => t.call("crypto_x25519_shared", PUB, SECRET, OUT));
});

test("sealing is steady in key and text, and refusing in the tag, wherever it differs", () => {
  for (const n of [0, 40, 64, 130]) {
    const source = new Source(n);
    steady(`seal ${n} bytes`, secrets(32, 15), () => {
      t.write(MESSAGE, source.bytes(n));
      t.call("crypto_aead_seal", SECRET, PUB, PUB, 12, MESSAGE, n, OUT);
    });
    const tag = t.bytes(OUT, 16);
    const wrong = Array.from({ length: 128 }, (_, i) => tag.map((x, k) => (k === i >> 3 ? x ^ (1 << (i & 7)) : x)));
    const key = t.bytes(SECRET, 32);
    steady(`open ${n} bytes`, [...wrong, ...secrets(16, 16)], (other) => {
      t.write(OUT, other);
      t.write(SECRET, key);
      assert.is(t.call("crypto_aead_open", SECRET, PUB, PUB, 12, MESSAGE, n, OUT), 0);
    });
    t.write(OUT, tag);
    assert.is(t.call("crypto_aead_open", SECRET, PUB, PUB, 12, MESSAGE, n, OUT), 1, "the right tag opens");
  }
});

test("each digit of the comb reads all sixteen entries of its half", () => {
  const table = t.call("crypto_comb_table");
  t.write(SECRET, new Source(7).bytes(32));
  const recording = t.record(() => t.call("crypto_point_base", SECRET));
  const reads = new Map<number, number>();
  for (let i = 0; i < recording.length; i += 2) {
    if (!/point\/.*: i64\.load offset=8$|point\/.*: i64\.load offset=8 /.test(t.name(recording[i]))) continue;
    const p = recording[i + 1];
    if (p >= table && p < table + 32 * 108) reads.set(p, (reads.get(p) ?? 0) + 1);
  }
  assert.is(reads.size, 32);
  for (const [p, n] of reads) assert.is(n, 26, `entry ${(p - table) / 108}`);
});

test("signing, key generation and X25519 execute as many wasm3 operations for one secret as for another", async () => {
  if (lacking("gcc")) return;
  const wasm = fileURLToPath(new URL("../../build/debug.wasm", import.meta.url));
  const calls: [string, number[]][] = [
    ["crypto_ed25519_sign", [SECRET, PUB, MESSAGE, 40, OUT]],
    ["crypto_ed25519_publicKey", [SECRET, OUT]],
    ["crypto_x25519_publicKey", [SECRET, OUT]],
  ];
  for (const [name, args] of calls) {
    const counted = await Promise.all(
      secrets(32, 10)
        .slice(0, 6)
        .map((bytes) => ops({ wasm, name, args, setup: [{ write: SECRET, bytes }] })),
    );
    for (const { byOp } of counted) assert.equal(byOp, counted[0].byOp, name);
    assert.ok(counted[0].count > 100_000, `${name} worked`);
  }
});

/** What `steady` says of a call that is not; "" when it is. */
function seen(what: string, call: (secret: Uint8Array) => void, on = t): string {
  try {
    steady(what, secrets(32, 8), call, on);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

/** Ways to be fast where a secret must not show. */
const LEAKS: [what: string, edit: Edit][] = [
  [
    "a branch on a digit of the scalar",
    {
      file: "firmware/crypto/point.ts",
      find: "const mask: u64 = (<i64>(<i32>(i ^ index) - 1)) >> 63; // all ones for the one entry",
      put: "if (i != index) continue; const mask: u64 = ~0;",
    },
  ],
  [
    "a table entry read at a secret index",
    {
      file: "firmware/crypto/point.ts",
      find: "s13 |= load<u32>(table, 104) & mask;",
      put: "s13 = load<u32>(comb.TABLE + index * comb.ENTRY, 104);",
    },
  ],
];

test("a branch or an address that depends on a secret is noticed when it is put back", async () => {
  const keys = (on: typeof t): string => seen("keys", () => on.call("crypto_ed25519_publicKey", SECRET, OUT), on);
  assert.is(keys(await traced(await mutant([], DEBUG))), "");
  for (const [what, edit] of LEAKS) {
    assert.match(keys(await traced(await mutant([edit], DEBUG))), /event \d+ is/, what);
  }
});

test("the recorder sees what is not steady: wNAF digits and verification", () => {
  assert.match(
    seen("digits", () => t.call("crypto_scalar_digits", OUT, SECRET, 5, 31, 0)),
    /scalar\/digits: if/,
  );
  const source = new Source(9);
  const verify = seen("verify", (seed) => {
    const message = source.bytes(20);
    t.write(PUB, ed25519.getPublicKey(seed));
    t.write(MESSAGE, message);
    t.write(OUT, ed25519.sign(message, seed));
    t.call("crypto_ed25519_verify", PUB, MESSAGE, 20, OUT);
  });
  assert.match(verify, /event \d+ is/);
});

test.run();
