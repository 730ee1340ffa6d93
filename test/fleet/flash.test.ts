// Flash behaves as NOR flash does, compared with a model that knows single bits only.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as record from "../../firmware/wire/record.ts";
import { Flash, REGIONS } from "../../host/fleet/flash.ts";
import { Rng } from "../../host/fleet/rng.ts";

/** One region as an array of bits; erased = 1. */
class Bits {
  readonly bits: boolean[];
  constructor(readonly size: number) {
    this.bits = new Array<boolean>(8 * size).fill(true);
  }
  program(offset: number, bytes: Uint8Array, limit: number): boolean {
    let held = true;
    for (let i = 0; i < limit; i++)
      for (let b = 0; b < 8; b++) {
        const wanted = ((bytes[i] >> b) & 1) === 1;
        const at = 8 * (offset + i) + b;
        if (!wanted) this.bits[at] = false;
        else if (!this.bits[at]) held = false;
      }
    return held;
  }
  erase(from: number, n: number): void {
    this.bits.fill(true, 8 * from, 8 * (from + n));
  }
  byte(offset: number): number {
    let byte = 0;
    for (let b = 0; b < 8; b++) if (this.bits[8 * offset + b]) byte |= 1 << b;
    return byte;
  }
}

test("a thousand random writes, torn writes and erases leave what single bits would hold", () => {
  const rng = new Rng(7, "flash test");
  const flash = new Flash();
  const region = record.REGION_CONFIG;
  const { size, sector } = REGIONS[region];
  const model = new Bits(size);
  for (let i = 0; i < 1000; i++) {
    if (rng.chance(0.05)) {
      const which = rng.below(size / sector);
      const limit = rng.chance(0.5) ? sector : rng.below(sector);
      assert.is(flash.erase(region, which, limit), true);
      model.erase(which * sector, limit);
    } else {
      const bytes = rng.bytes(1 + rng.below(40));
      const offset = rng.below(size - bytes.length);
      const limit = rng.chance(0.7) ? bytes.length : rng.below(bytes.length);
      assert.is(flash.store(region, offset, bytes, limit), model.program(offset, bytes, limit));
    }
  }
  const whole = flash.read(region, 0, size)!;
  for (let i = 0; i < size; i++) assert.is(whole[i], model.byte(i), `byte ${i}`);
});

test("what is not there cannot be read, stored or erased", () => {
  const flash = new Flash();
  const { size } = REGIONS[record.REGION_JOURNAL];
  assert.is(flash.read(record.REGION_JOURNAL, size - 4, 5), null);
  assert.is(flash.read(9, 0, 1), null);
  assert.is(flash.store(record.REGION_JOURNAL, size - 4, new Uint8Array(5)), false);
  assert.is(flash.store(0, 0, new Uint8Array(1)), false, "region 0 is read-only");
  assert.is(flash.erase(record.REGION_JOURNAL, 8), false);
  assert.ok(flash.read(record.REGION_JOURNAL, 0, size)!.every((byte) => byte === 0xff));
});

test("region 0 describes the others as record.ts draws it", () => {
  const about = new DataView(new Flash().read(0, 0, 64)!.slice().buffer);
  for (let r = 1; r <= 4; r++) {
    const at = record.ABOUT_STRIDE * (r - 1);
    assert.is(about.getUint32(at + record.ABOUT_SIZE, true), REGIONS[r].size);
    assert.is(about.getUint32(at + record.ABOUT_SECTOR, true), REGIONS[r].sector);
    assert.is(about.getUint32(at + record.ABOUT_UNIT, true), 1);
  }
});

test("a clone is another chip", () => {
  const flash = new Flash();
  const other = flash.clone();
  flash.store(record.REGION_BLOCKS, 0, new Uint8Array([0]));
  assert.is(other.read(record.REGION_BLOCKS, 0, 1)![0], 0xff);
});

test.run();
