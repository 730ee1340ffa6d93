// A block, read where the device wrote it: the record of its digest in the BLOCKS region of flash (wire/record.ts).
//
//   BLOCKS region ... [ log record: kind LOG_BLOCK, digest | header 128 B | body: length u16, transaction, ... ] ...
//
// Rule: what is not there, or not whole, gives null or no transactions; looking never fails.

import * as header from "../../firmware/wire/header.ts";
import * as record from "../../firmware/wire/record.ts";
import { crc32, u16, u32 } from "./bytes.ts";

/** Payload of the log record at `head`, whole and unharmed; null when there is none: a write may have been torn. */
function payload(flash: Uint8Array, head: number): Uint8Array | null {
  if (u16(flash, head) !== record.LOG_MAGIC_1 || flash[head + record.LOG_KIND] !== record.LOG_BLOCK) return null;
  const from = head + record.LOG_SIZE;
  const end = from + u32(flash, head + record.LOG_LENGTH);
  if (end > flash.length || end - from < header.SIZE) return null;
  const bytes = flash.subarray(from, end);
  return crc32(bytes) === u32(flash, head + record.LOG_PAYLOAD_CRC) ? bytes : null;
}

/** Header and body of a block of this digest (32 B), from the BLOCKS region of a device that holds it: a view; null when it is not there. */
export function read(flash: Uint8Array, digest: Uint8Array): Uint8Array | null {
  const bytes = Buffer.from(flash.buffer, flash.byteOffset, flash.length);
  for (let at = bytes.indexOf(digest); at >= 0; at = bytes.indexOf(digest, at + 1)) {
    const head = at - record.LOG_DIGEST;
    const found = head < 0 || head % 8 !== 0 ? null : payload(flash, head);
    if (found !== null) return found;
  }
  return null;
}

/** The transactions (COSE_Sign1 each) of a block: header and body as `read` gives them. */
export function transactions(block: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = [];
  let at = header.SIZE;
  const end = Math.min(block.length, at + u32(block, header.BODY_LENGTH));
  for (let i = u16(block, header.TX_COUNT); i > 0 && at + 2 <= end; i--) {
    const length = u16(block, at);
    if (at + 2 + length > end) break;
    out.push(block.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return out;
}
