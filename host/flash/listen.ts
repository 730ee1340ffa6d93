// What a board says on its line after it was reset: that it is there and what module it runs, or by number why not.
//
//   HELLO ──▶ HERE with the SHA-256 of its module          NOTICE "952 the module is torn; ..."

import * as line from "../../firmware/wire/line.ts";
import { hex } from "../device/bytes.ts";
import { Decoder, encode } from "../live/line.ts";
import * as refusal from "../wire/refusal.ts";
import type { Port } from "./serial.ts";

export type Heard =
  | { what: "here"; board: string; module: string }
  | { what: "notice"; number: number; words: string }
  | { what: "nothing" };

/** What a board that cannot start says; boards/esp32 has the words. */
const NOTICES: readonly number[] = [
  refusal.BOARD_SLOT,
  refusal.BOARD_EMPTY,
  refusal.BOARD_TORN,
  refusal.BOARD_MODULE,
  refusal.BOARD_FLASH,
  refusal.BOARD_KEY,
  refusal.BOARD_OTHER,
  refusal.BOARD_RADIO,
];

/** A record in words; null for one that answers nothing. */
export function understood(record: { kind: number; bytes: Uint8Array }): Heard | null {
  if (record.kind === line.HERE && record.bytes.length > line.HERE_NAME)
    return {
      what: "here",
      module: hex(record.bytes, line.HERE_MODULE, line.HERE_NAME),
      board: Buffer.from(record.bytes.subarray(line.HERE_NAME)).toString("utf8"),
    };
  if (record.kind !== line.NOTICE) return null;
  const words = Buffer.from(record.bytes).toString("utf8");
  const number = Number(words.slice(0, 3));
  return { what: "notice", number: NOTICES.includes(number) ? number : 0, words };
}

/** Asks until something answers, or for so long. */
export async function listen(port: Port, limitMs: number): Promise<Heard> {
  const reader = port.readable!.getReader();
  const writer = port.writable!.getWriter();
  let heard: Heard = { what: "nothing" };
  const decoder = new Decoder((record) => {
    if (heard.what === "nothing") heard = understood(record) ?? heard;
  });
  const ask = setInterval(() => void writer.write(encode(line.HELLO)).catch(() => undefined), 500);
  const limit = setTimeout(() => void reader.cancel(), limitMs);
  try {
    while (heard.what === "nothing") {
      const { value, done } = await reader.read();
      if (done) break;
      decoder.push(value);
    }
  } finally {
    clearInterval(ask);
    clearTimeout(limit);
    await reader.cancel().catch(() => undefined);
    reader.releaseLock();
    writer.releaseLock();
  }
  return heard;
}
