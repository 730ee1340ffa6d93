// What the gateway answers: status, headers, JSON; the same for a refusal wherever it was found.
//
//   Refused(number, detail) ──> 4xx   {"error": 923, "name": "HTTP_ORIGIN", "sentence": detail, "see": "ERRORS.md#e923"}
//
// Rule: every answer carries the headers that forbid a browser to guess, frame, cache or share it.

import { createHash } from "node:crypto";
import * as refusal from "../wire/refusal.ts";
import * as words from "../wire/words.ts";

export type Headers = Readonly<Record<string, string | number>>;

/** What no page may do with anything from here: run, frame, guess its type, name it to others, keep it. */
export const HEADERS: Headers = {
  "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
};

const STATUS: Readonly<Record<number, number>> = {
  [refusal.DEED_UNKNOWN]: 400,
  [refusal.DEED_DEVICE]: 400,
  [refusal.DEED_FIELD]: 400,
  [refusal.DEED_CANNOT]: 409,
  [refusal.DEVICE_DOWN]: 409,
  [refusal.FLEET_OVER]: 410,
  [refusal.NO_ANSWER]: 504,
  [refusal.PROOF_WRONG]: 502,
  [refusal.HTTP_PATH]: 404,
  [refusal.HTTP_METHOD]: 405,
  [refusal.HTTP_HOST]: 421,
  [refusal.HTTP_ORIGIN]: 403,
  [refusal.HTTP_TOKEN]: 401,
  [refusal.HTTP_TYPE]: 415,
  [refusal.HTTP_SIZE]: 413,
  [refusal.HTTP_JSON]: 400,
  [refusal.HTTP_QUERY]: 400,
  [refusal.HTTP_BUSY]: 429,
  [refusal.HTTP_FORK]: 409,
  [refusal.HTTP_MALFORMED]: 400,
  [refusal.HTTP_TIMEOUT]: 408,
  [refusal.HTTP_FAULT]: 500,
};

/** Headers that belong to one number. */
const BESIDES: Readonly<Record<number, Headers>> = {
  [refusal.HTTP_TOKEN]: { "WWW-Authenticate": "Bearer" },
  [refusal.HTTP_BUSY]: { "Retry-After": 1 },
};

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string | Uint8Array;
}

export function json(value: unknown, status = 200, headers: Headers = {}): Answer {
  const body = `${JSON.stringify(value)}\n`;
  const length = Buffer.byteLength(body);
  const type = "application/json; charset=utf-8";
  return { status, headers: { ...HEADERS, "Content-Type": type, "Content-Length": length, ...headers }, body };
}

/** A refusal: of the gateway, of a deed, or of a device (numbers below 900, wire/reason.ts). */
export function refused({ number, message }: refusal.Refused, headers: Headers = {}): Answer {
  const said = { error: number, name: words.reasonName(number), sentence: message, see: words.anchor(number) };
  return json(said, STATUS[number] ?? 409, { ...BESIDES[number], ...headers });
}

/** Whatever was thrown, as a refusal: what nobody foresaw is HTTP_FAULT. */
export function refusalOf(error: unknown): refusal.Refused {
  if (error instanceof refusal.Refused) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new refusal.Refused(refusal.HTTP_FAULT, `the gateway failed: ${why.slice(0, 200)}`);
}

const sha256 = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Hashes of the inline elements of this name; a browser hashes their text with newlines made \n. */
function hashes(html: string, element: "script" | "style"): string {
  const found = html.replace(/\r\n?/g, "\n").matchAll(new RegExp(`<${element}\\b[^>]*>([^]*?)</${element}\\s*>`, "gi"));
  return [...new Set([...found].map(([, text]) => sha256(text)))].join(" ") || "'none'";
}

/** The page: one file, whose inline script and style run by their hash alone, and which may talk to nobody but the gateway. */
export function page(html: string): Answer {
  const policy = [
    "default-src 'none'",
    `script-src ${hashes(html, "script")} 'wasm-unsafe-eval'`, // the inspector runs the tape's module
    `style-src ${hashes(html, "style")}`,
    "img-src data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  const [type, length] = ["text/html; charset=utf-8", Buffer.byteLength(html)];
  const own = { "Content-Security-Policy": policy, "Content-Type": type, "Content-Length": length };
  return { status: 200, headers: { ...HEADERS, ...own }, body: html };
}
