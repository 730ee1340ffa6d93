// A block's transactions, read where the device wrote them: the record of that digest in its flash (wire/record.ts).
//
//   BLOCKS region ... [ log record: kind LOG_BLOCK, digest | header 128 B | body: length u16, transaction, ... ] ...
//
// Rule: what is not there, or not whole, gives no transactions; looking never fails.

import * as header from "../../firmware/wire/header.ts";
import * as record from "../../firmware/wire/record.ts";
import { parse } from "../client/client.ts";
import { fromHex, u16, u32 } from "../device/bytes.ts";

/** Offset of the log record that holds the block of this digest, or -1. */
function find(flash: Uint8Array, digest: Uint8Array): number {
  const bytes = Buffer.from(flash.buffer, flash.byteOffset, flash.length);
  for (let at = bytes.indexOf(digest); at >= 0; at = bytes.indexOf(digest, at + 1)) {
    const head = at - record.LOG_DIGEST;
    if (head < 0 || head % 8 !== 0) continue;
    if (u16(flash, head) === record.LOG_MAGIC_1 && flash[head + record.LOG_KIND] === record.LOG_BLOCK) return head;
  }
  return -1;
}

/** The transactions of a block (COSE_Sign1 each), from the BLOCKS region of a device that holds it. */
export function transactions(flash: Uint8Array, digest: string): Uint8Array[] {
  const head = find(flash, fromHex(digest));
  if (head < 0) return [];
  const block = head + record.LOG_SIZE;
  const out: Uint8Array[] = [];
  let at = block + header.SIZE;
  const end = at + u32(flash, block + header.BODY_LENGTH);
  for (let i = u16(flash, block + header.TX_COUNT); i > 0 && at + 2 <= end; i--) {
    const length = u16(flash, at);
    if (at + 2 + length > end) break;
    out.push(flash.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return out;
}

/** How many readings a transaction reports; 0 for one of another type. */
export function readings(transaction: Uint8Array): number {
  try {
    return parse(transaction).readings.length;
  } catch {
    return 0;
  }
}
