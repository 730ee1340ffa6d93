// The effect ring says what was decided, in order, ends after every call, and never loses what must not be lost.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as effect from "../../firmware/wire/effect.ts";
import { parse } from "../../host/device/effects.ts";
import { Board, Flash, INPUT, Random } from "./flash.ts";

const RING = 0x2a00;
const RING_SIZE = 0x1e00;
const COUNTERS = 0x100;
const board = await Board.open();
board.boot(new Flash());

const counter = (index: number): number =>
  new DataView(board.m.bytes(COUNTERS + 4 * index, 4).buffer).getUint32(0, true);
const FRAMES_OUT = 7;
const BYTES_OUT = 8;
const FLASH_RECORDS = 9;
const FLASH_BYTES = 10;
const DROPPED = 12;
const FLASH_ERASES = 17;

/** Fills what send or event reserved; false when they had no room. */
function fill(p: number, bytes: Uint8Array): boolean {
  if (p !== 0) board.m.write(p, bytes);
  return p !== 0;
}

test("effects come out as they went in, in order, and are counted", () => {
  const random = new Random(1);
  for (let round = 0; round < 200; round++) {
    const expected: { op: number; a: number; b: number; bytes: Uint8Array }[] = [];
    const before = [FRAMES_OUT, BYTES_OUT, FLASH_RECORDS, FLASH_BYTES, FLASH_ERASES].map(counter);
    const found = board.effects(() => {
      for (;;) {
        const bytes = random.bytes(8 * random.below(60));
        const [a, b] = [random.below(8), 8 * random.below(1 << 20)];
        if (board.call("core_ring_room") < Math.max(bytes.length, 8)) return;
        const op = 1 + random.below(6);
        const odd = bytes.subarray(0, Math.max(0, bytes.length - random.below(8)));
        if (op === effect.STORE) {
          board.m.write(INPUT, bytes);
          board.call("core_ring_store", a, b, INPUT, bytes.length);
          expected.push({ op, a, b, bytes });
        } else if (op === effect.ERASE) {
          board.call("core_ring_erase", a, b);
          expected.push({ op, a, b, bytes: new Uint8Array(0) });
        } else if (op === effect.SEND) {
          assert.ok(fill(board.call("core_ring_send", a, 0xffffffff, odd.length), odd));
          expected.push({ op, a, b: 0xffffffff, bytes: odd });
        } else if (op === effect.ACT) {
          board.call("core_ring_act", a, -5n);
          expected.push({ op, a, b: 0, bytes: new Uint8Array(BigInt64Array.of(-5n).buffer) });
        } else if (op === effect.EVENT) {
          assert.ok(fill(board.call("core_ring_event", a, odd.length), odd));
          expected.push({ op, a, b: 0, bytes: odd });
        } else {
          board.call("core_ring_reset", b);
          expected.push({ op, a: 0, b, bytes: new Uint8Array(0) });
        }
        const soFar = parse(board.m.bytes(RING, RING_SIZE));
        assert.is(soFar.length, expected.length, "the ring ends behind every record");
      }
    });
    assert.equal(found, expected);
    const sum = (op: number) => expected.filter((e) => e.op === op).reduce((n, e) => n + e.bytes.length, 0);
    const times = (op: number) => expected.filter((e) => e.op === op).length;
    const grown = [FRAMES_OUT, BYTES_OUT, FLASH_RECORDS, FLASH_BYTES, FLASH_ERASES].map(
      (c, i) => counter(c) - before[i],
    );
    assert.equal(grown, [times(effect.SEND), sum(effect.SEND), times(effect.STORE), sum(effect.STORE), times(effect.ERASE)]); // prettier-ignore
  }
});

test("room() is exact: that many bytes fit, four more do not", () => {
  for (const used of [0, 8, 500, 7600, 7640, 7656, 7660]) {
    const fresh = () => {
      board.call("core_ring_begin");
      if (used) assert.ok(board.call("core_ring_event", 1, used) !== 0 || used > 7660);
      return board.call("core_ring_room");
    };
    const room = fresh();
    const before = counter(DROPPED);
    if (room > 0) assert.ok(board.call("core_ring_send", 0, 0, room) !== 0);
    fresh();
    assert.is(board.call("core_ring_send", 0, 0, room + 4), 0);
    assert.is(board.call("core_ring_event", 0, room + 4), 0);
    assert.is(counter(DROPPED), before + 2);
  }
});

test("a STORE, ERASE, ACT or RESET without room traps; a STORE off its units traps", () => {
  const full = () => {
    board.call("core_ring_begin");
    board.call("core_ring_event", 1, board.call("core_ring_room") - 4);
  };
  for (const [name, ...args] of [
    ["core_ring_store", 2, 0, INPUT, 8],
    ["core_ring_erase", 2, 0],
    ["core_ring_act", 2, 0n],
    ["core_ring_reset", 2],
  ] as [string, ...(number | bigint)[]][]) {
    full();
    assert.throws(() => board.call(name, ...args), undefined, name);
  }
  board.call("core_ring_begin");
  assert.throws(() => board.call("core_ring_store", 2, 4, INPUT, 8));
  assert.throws(() => board.call("core_ring_store", 2, 8, INPUT, 12));
});

test("bytes that a caller forgets to fill are zero, not what an earlier call left there", () => {
  board.call("core_ring_begin");
  board.m.write(INPUT, new Uint8Array(64).fill(0xaa));
  board.call("core_ring_store", 2, 0, INPUT, 64);
  const [e] = board.effects(() => void board.call("core_ring_send", 0, 0, 61));
  assert.equal(e.bytes, new Uint8Array(61));
});

test.run();
