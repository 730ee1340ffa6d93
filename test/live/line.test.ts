// The line between a board and its host: both ends of it, in C and here, take the same records from the same bytes, whatever the bytes are.

import { execFileSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as wire from "../../firmware/wire/line.ts";
import { hex } from "../../host/device/bytes.ts";
import { Decoder, encode, stuff, unstuff, type Record } from "../../host/live/line.ts";
import * as ethernet from "../../host/live/ethernet.ts";
import { buildTool, paths } from "../../tools/boards.mjs";
import { lacking } from "../boards/board.ts";
import { numbers } from "../wire/twin.ts";

const BUDGET = Number(process.env.SYNOD_BUDGET ?? 2); // seconds of fuzzing
const bytes = (next: () => number, n: number): Uint8Array =>
  Uint8Array.from({ length: n }, () => (next() % 3 === 0 ? 0 : next() & 255));

/** What the C end makes of these bytes: a line a record, then how many it took and dropped. */
function inC(input: Uint8Array): string[] {
  return execFileSync(paths.tool("line-san"), { input, encoding: "latin1", maxBuffer: 1 << 28 })
    .trim()
    .split("\n");
}

/** The same of this end. */
function here(input: Uint8Array): string[] {
  const out: string[] = [];
  let taken = 0;
  const decoder = new Decoder(({ kind, a, bytes: b }: Record) => {
    if (wire.BYTES + b.length > wire.MAX) return; // longer than a board takes
    taken++;
    out.push(`${kind} ${a} ${hex(b)}`);
  });
  decoder.push(input);
  return [...out, `taken ${taken}`];
}

test("COBS as its paper has it (Cheshire and Baker 1999)", () => {
  const cases: [plain: string, stuffed: string][] = [
    ["", "0100"],
    ["00", "010100"],
    ["0000", "01010100"],
    ["11220033", "0311220233" + "00"],
    ["11000000", "021101010100"],
    ["0102".repeat(127), "ff" + "0102".repeat(127) + "0100"], // 254 bytes fill a block
  ];
  for (const [plain, stuffed] of cases) {
    const given = new Uint8Array(Buffer.from(plain, "hex"));
    const coded = stuff(given);
    if (plain.length < 508) assert.is(hex(coded), stuffed, plain);
    assert.is(coded.indexOf(0), coded.length - 1, "a 00 at the end alone");
    assert.is(hex(unstuff(coded.subarray(0, -1))!), plain);
  }
});

test("whatever is said arrives whole, in whatever pieces", () => {
  const next = numbers(1);
  for (let i = 0; i < 300; i++) {
    const said = Array.from({ length: 1 + (next() % 4) }, () => bytes(next, next() % 1500));
    const line = Buffer.concat(said.map((b, k) => encode(k + 1, k, b)));
    const heard: string[] = [];
    const decoder = new Decoder(({ kind, a, bytes: b }) => heard.push(`${kind} ${a} ${hex(b)}`));
    for (let at = 0; at < line.length;) {
      const n = 1 + (next() % 300);
      decoder.push(line.subarray(at, at + n));
      at += n;
    }
    assert.equal(
      heard,
      said.map((b, k) => `${k + 1} ${k} ${hex(b)}`),
    );
    assert.is(decoder.dropped, 0);
  }
});

if (!lacking("cc")) {
  await buildTool("line", { sanitize: true });

  test("a damaged line gives the board and us the same records, and none that was not sent", () => {
    const next = numbers(2);
    const sent = new Set<string>();
    let whole = 0;
    for (const end = performance.now() + 1000 * BUDGET; performance.now() < end;) {
      const parts = Array.from({ length: 40 }, (_, k) => {
        const body = bytes(next, next() % 8 === 0 ? next() % 1700 : next() % 90);
        sent.add(`${1 + (k % 6)} ${k} ${hex(body)}`);
        return encode(1 + (k % 6), k, body);
      });
      const line = Buffer.concat(parts);
      for (let i = next() % 30; i > 0; i--) line[next() % line.length] = next() & 255; // hit
      const cut = next() % line.length;
      const damaged = Buffer.concat([line.subarray(0, cut), line.subarray(cut + (next() % 40)), Uint8Array.of(0)]);
      const [c, ours] = [inC(damaged), here(damaged)];
      assert.equal(
        c.filter((l) => !l.startsWith("dropped")),
        ours,
      );
      for (const record of ours.slice(0, -1)) assert.ok(sent.has(record), `nobody sent ${record}`);
      whole += ours.length - 1;
      const noise = bytes(next, 4000);
      assert.equal(
        inC(noise).filter((l) => !l.startsWith("dropped")),
        here(noise),
      );
    }
    assert.ok(whole > 100, "some of it arrives");
  });

  test("what the board says, we hear: the C end speaks as this one", () => {
    const next = numbers(3);
    for (let i = 0; i < 40; i++) {
      const body = bytes(next, next() % 1500);
      const line = encode(9, 7, body);
      const echoed = execFileSync(paths.tool("line-san"), ["echo"], { input: line });
      assert.is(hex(new Uint8Array(echoed)), hex(line));
    }
  });
}

test("our frames on Ethernet: padded, found again; other people's are not ours", () => {
  for (const n of [1, 43, 44, 45, 250, 1400, 1498]) {
    const frame = new Uint8Array(n).fill(7);
    const wrapped = ethernet.wrap(frame);
    assert.ok(wrapped.length >= 60 && wrapped.length <= 1514);
    assert.is(hex(ethernet.open(wrapped)!), hex(frame));
    const longer = wrapped.slice();
    longer[14] = 0xff;
    assert.is(ethernet.open(longer), null, "it says more than there is");
    const other = wrapped.slice();
    other[12] = 8;
    assert.is(ethernet.open(other), null);
  }
  const next = numbers(4);
  for (let i = 0; i < 5000; i++) ethernet.open(bytes(next, next() % 80));
});

test.run();
