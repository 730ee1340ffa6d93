// tools/count.ts: the counts behind `npm run bench` and `npm run size` repeat, grow with the work, and come from a run that
// did the work.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as count from "../../tools/count.ts";
import { binding, calls, fixture, lacking, scratch, tape } from "./board.ts";

const { path, wasm } = await fixture();
const input = 0x1c00;

/** receive() of n bytes: a loop of n rounds. */
const receive = (n: number): count.Job => ({
  wasm: path,
  name: "receive",
  args: [1, n, 7n],
  setup: [{ write: input, bytes: new Uint8Array(n).fill(5) }],
});

test("operations are counted exactly: the same each time, and by the same amount more for each byte", async () => {
  if (lacking("cc")) return;
  const [a, b, c, again] = await Promise.all([64, 128, 192, 192].map((n) => count.ops(receive(n))));
  assert.equal(again, c);
  assert.is(c.count - b.count, b.count - a.count);
  assert.ok(b.count - a.count > 64 * 16, "each byte is mixed in sixteen rounds");
  assert.ok(c.byOp.some(([name]) => name.startsWith("op_u64_Xor")));
});

test("instructions are those of the calls, not of start-up, and repeat", async () => {
  if (lacking("cc", "valgrind")) return;
  const [once, twice, longer] = await Promise.all([
    count.x86(receive(64)),
    count.x86(receive(64)),
    count.x86({ ...receive(640), repeats: 2 }),
  ]);
  assert.is(once.count, twice.count);
  assert.ok(longer.count > 8 * once.count && longer.count < 11 * once.count, `${longer.count} after ${once.count}`);
  assert.match(once.compiler, /clang|gcc|cc/i);
});

test("setup and arguments arrive, the result comes back", async () => {
  if (lacking("cc", "valgrind")) return;
  const min = -(2n ** 63n);
  assert.is((await count.x86({ wasm: path, name: "add", args: [min, -1n, 0] })).result, 2n ** 63n - 1n);
  const job: count.Job = { wasm: path, name: "tick", args: [9n], setup: [{ call: "boot", args: [3n] }] };
  const twin = new (await binding()).Wasm3Module(wasm, {
    entropy: (n) => Uint8Array.from({ length: n }, (_, i) => i),
    read: () => null,
    sense: () => 0n,
  });
  twin.call("boot", 3n);
  assert.is((await count.ops(job)).result, BigInt(twin.call("tick", 9n) as number));
  twin.close();
});

test("what cannot be counted says why", async () => {
  if (lacking("cc")) return;
  const fails = async (job: count.Job, why: RegExp): Promise<void> => {
    try {
      await count.ops(job);
      assert.unreachable();
    } catch (e) {
      assert.match(String(e), why);
    }
  };
  await fails({ wasm: path, name: "nothing" }, /does not export: nothing/);
  await fails({ wasm: path, name: "add", args: [1] }, /wrong number of arguments/);
  await fails(
    { wasm: path, name: "tick", args: [0], setup: [{ write: 65535, bytes: new Uint8Array(2) }] },
    /outside memory/,
  );
  await fails(
    { wasm: path, name: "request", args: [1, 0n], setup: [{ write: input, bytes: Uint8Array.of(1) }] },
    /unreachable/,
  );
});

test("libsodium does the same work, natively", async () => {
  if (lacking("cc", "valgrind")) return;
  const [verify, short, long] = await Promise.all([
    count.rival("verify"),
    count.rival("sha512", 128),
    count.rival("sha512", 1152),
  ]);
  if (!verify || !short || !long) return console.log("skipped: no libsodium headers here");
  assert.is(verify.result, 0n);
  assert.ok(verify.count > 300_000 && verify.count < 2_000_000, `${verify.count} instructions a verification`);
  const perByte = (long.count - short.count) / 1024;
  assert.ok(perByte > 2 && perByte < 40, `${perByte} instructions a byte of SHA-512`);
});

test("functions() lists what ran, with the bytes of its code", async () => {
  if (lacking("cc")) return;
  await binding();
  const few = tape("v8", wasm, [{ call: "boot", now: 0n }]);
  const file = join(scratch, "few.tape");
  writeFileSync(file, few.bytes);
  const small = await count.functions({ wasm: path, tape: file });
  const large = await count.functions({ wasm: path, tape: tape("v8", wasm, calls("functions", 200)).path });
  assert.ok(small.length > 0 && large.length > small.length, "what was never called costs nothing");
  for (const f of large) assert.ok(f.code > f.wasm && f.code < 8 * f.wasm, JSON.stringify(f));
  assert.equal(new Set(large.map((f) => f.index)).size, large.length);
});

test.run();
