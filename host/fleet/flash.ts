// A device's flash, as NOR flash behaves: erased bits are 1, programming only clears bits, erasing takes a whole sector.
//
//   region      size      sector     (firmware/wire/record.ts)
//   CONFIG      8 KiB     4 KiB
//   JOURNAL     32 KiB    4 KiB
//   BLOCKS      512 KiB   4 KiB
//   SNAPSHOTS   64 KiB    4 KiB
//   KEYS        64 KiB    4 KiB
//
// A power cut may tear a STORE or an ERASE at any byte: what comes before is done, what comes after is not.
// Rule: what is here survives a power-off, and nothing else of a device does.

import { putU32 } from "../device/bytes.ts";
import * as record from "../../firmware/wire/record.ts";

export interface Region {
  readonly size: number;
  readonly sector: number;
  readonly unit: number;
}

const KIB = 1024;
export const REGIONS: Readonly<Record<number, Region>> = {
  [record.REGION_CONFIG]: { size: 8 * KIB, sector: 4 * KIB, unit: 1 },
  [record.REGION_JOURNAL]: { size: 32 * KIB, sector: 4 * KIB, unit: 1 },
  [record.REGION_BLOCKS]: { size: 512 * KIB, sector: 4 * KIB, unit: 1 },
  [record.REGION_SNAPSHOTS]: { size: 64 * KIB, sector: 4 * KIB, unit: 1 },
  [record.REGION_KEYS]: { size: 64 * KIB, sector: 4 * KIB, unit: 1 },
};

/** What `read` of region 0 gives: the table of these regions. */
function about(regions: readonly Uint8Array[]): Uint8Array {
  const table = new Uint8Array(record.ABOUT_STRIDE * record.REGIONS);
  for (let r = 1; r <= record.REGIONS; r++) {
    const at = record.ABOUT_STRIDE * (r - 1);
    putU32(table, at + record.ABOUT_SIZE, regions[r].length);
    putU32(table, at + record.ABOUT_SECTOR, REGIONS[r].sector);
    putU32(table, at + record.ABOUT_UNIT, REGIONS[r].unit);
    putU32(table, at + record.ABOUT_FLAGS, 1); // a unit may be programmed twice
  }
  return table;
}

export class Flash {
  /** Contents by region number; index 0 is the table of regions. */
  readonly regions: Uint8Array[];

  /** A blank one. `tables`: with the region of tables of keys, which a board can do without. */
  constructor({ tables = true }: { readonly tables?: boolean } = {}) {
    this.regions = [new Uint8Array(0)];
    for (let r = 1; r <= record.REGIONS; r++) {
      const { size } = REGIONS[r];
      this.regions[r] = new Uint8Array(r === record.REGION_KEYS && !tables ? 0 : size).fill(0xff);
    }
    this.regions[0] = about(this.regions);
  }

  /** A copy: another chip with the same contents. */
  clone(): Flash {
    const copy = new Flash({ tables: this.regions[record.REGION_KEYS].length !== 0 });
    this.regions.forEach((bytes, r) => copy.regions[r].set(bytes));
    return copy;
  }

  /** n bytes, or null when they are not all there. A view: valid until the next change. */
  read(region: number, offset: number, n: number): Uint8Array | null {
    const bytes = this.regions[region];
    if (bytes === undefined || offset + n > bytes.length) return null;
    return bytes.subarray(offset, offset + n);
  }

  /**
   * Programs the first `limit` of the bytes: each becomes old AND new. False when a bit that should be 1 was 0 already, or
   * the range is not there: the flash does not hold what was asked.
   */
  store(region: number, offset: number, bytes: Uint8Array, limit = bytes.length): boolean {
    const into = region === 0 ? undefined : this.regions[region];
    if (into === undefined || offset + bytes.length > into.length) return false;
    let kept = true;
    for (let i = 0; i < limit; i++) {
      const wanted = bytes[i];
      const got = into[offset + i] & wanted;
      into[offset + i] = got;
      if (got !== wanted) kept = false;
    }
    return kept;
  }

  /** Erases the first `limit` bytes of a sector (all, unless power fails). False when there is no such sector. */
  erase(region: number, sector: number, limit = Infinity): boolean {
    const about = REGIONS[region];
    if (about === undefined || (sector + 1) * about.sector > this.regions[region].length) return false;
    const from = sector * about.sector;
    this.regions[region].fill(0xff, from, from + Math.min(limit, about.sector));
    return true;
  }
}
