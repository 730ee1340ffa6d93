// A board whose flash cannot carry a device is refused by number, one that can is described rightly.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as reason from "../../firmware/wire/reason.ts";
import { Board, BLOCKS, CONFIG, DEFAULT, Flash, JOURNAL, KEYS, SMALL, SNAPSHOTS } from "./flash.ts";

const board = await Board.open();

/** Powers a board up whose region 0 says this, four words a region. */
function open(words: number[] | null): number {
  board.flash = new Flash();
  board.m.hal.read = () => words && new Uint8Array(Uint32Array.from(words).buffer);
  return board.call("core_flash_open");
}

const good = (): number[] => DEFAULT.flatMap((g) => [g.size, g.sector, 1, 0]);
const changed = (region: number, field: number, value: number): number[] => {
  const words = good();
  words[4 * (region - 1) + field] = value;
  return words;
};

test("the flash of the fleet, the smallest and one of large sectors are accepted", () => {
  assert.is(open(good()), 0);
  for (const region of [CONFIG, JOURNAL, BLOCKS, SNAPSHOTS, KEYS]) {
    assert.is(board.call("core_flash_size", region), DEFAULT[region - 1].size);
    assert.is(board.call("core_flash_sector", region), DEFAULT[region - 1].sector);
  }
  assert.is(open(SMALL.flatMap((g) => [g.size, g.sector, 8, 0])), 0);
  const stm32 = [0x8000, 0x4000, 4, 0, 0xc000, 0x4000, 4, 0, 0x40000, 0x20000, 4, 0, 0x40000, 0x20000, 4, 0, 0x20000, 0x20000, 4, 0]; // prettier-ignore
  assert.is(open(stm32), 0);
});

test("region 0 that cannot be read: FLASH_ABSENT", () => {
  assert.is(open(null), reason.FLASH_ABSENT);
});

test("program units of other than 1, 2, 4, 8 bytes: FLASH_UNIT", () => {
  for (const region of [CONFIG, JOURNAL, BLOCKS, SNAPSHOTS, KEYS]) {
    for (const unit of [1, 2, 4, 8]) assert.is(open(changed(region, 2, unit)), 0);
    for (const unit of [0, 3, 6, 16, 32, 256, 0x80000000]) assert.is(open(changed(region, 2, unit)), reason.FLASH_UNIT);
  }
});

test("too few sectors, too small ones, sectors that do not divide the region: FLASH_GEOMETRY", () => {
  for (const region of [CONFIG, JOURNAL, BLOCKS, SNAPSHOTS]) {
    for (const size of [0, 0x1000, 0x2800]) assert.is(open(changed(region, 0, size)), reason.FLASH_GEOMETRY);
  }
  for (const region of [CONFIG, JOURNAL, BLOCKS, SNAPSHOTS, KEYS]) {
    for (const sector of [0, 64, 0x400, 0x1800, 0x801, 0x80000000]) {
      assert.is(open(changed(region, 1, sector)), reason.FLASH_GEOMETRY, `${region} ${sector}`);
    }
  }
  assert.is(open(changed(JOURNAL, 0, 0x2000)), reason.FLASH_GEOMETRY, "a journal of two sectors");
  assert.is(open(changed(JOURNAL, 0, 0x3000)), 0);
  assert.is(open(changed(KEYS, 0, 0x1000)), 0, "one sector of tables");
  assert.is(open(changed(KEYS, 0, 0x800)), reason.FLASH_GEOMETRY);
  assert.is(open(changed(SNAPSHOTS, 0, 0x6000)), reason.FLASH_GEOMETRY, "halves smaller than the state");
});

test.run();
