// The body of a request: its type, its size, its JSON; nothing beyond what the path takes is ever held.
//
//   Content-Type ──> Content-Length ──> bytes, counted as they come ──> UTF-8 ──> depth ──> JSON object of known fields
//     925              926                926: reading stops              927       927        927
//
// Rule: a body is whole and well-formed before anything acts on it; one that is cut short acts not at all.

import type { IncomingMessage } from "node:http";
import * as refusal from "../wire/refusal.ts";

/** Nesting of the deepest message: the groups of a split. */
const DEPTH = 3;

/** The sender has gone; there is nobody to answer. */
export class Gone extends Error {
  override name = "Gone";
}

/** Does this request announce a body? */
export const announced = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

const tooLarge = (limit: number): refusal.Refused =>
  new refusal.Refused(refusal.HTTP_SIZE, `a body here has at most ${limit} bytes`);

/** Refuses a body where none is due. */
export function none(request: IncomingMessage): void {
  if (announced(request)) throw new refusal.Refused(refusal.HTTP_SIZE, `a ${request.method} here takes no body`);
}

/** Refuses a body of another type, encoded, or of more than `limit` bytes by its own account. */
export function head({ headers }: IncomingMessage, type: string, limit: number): void {
  const [given, ...parameters] = (headers["content-type"] ?? "").toLowerCase().split(";");
  const plain = parameters.every((each) => /^ *(charset="?utf-8"?|cose-type="cose-sign1") *$/.test(each));
  if (given.trim() !== type || !plain || headers["content-encoding"] !== undefined)
    throw new refusal.Refused(
      refusal.HTTP_TYPE,
      `the body is ${type}, not "${(headers["content-type"] ?? "").slice(0, 80)}"`,
    );
  const { "content-length": length, "transfer-encoding": coding } = headers;
  if (coding !== undefined && coding.toLowerCase() !== "chunked")
    throw new refusal.Refused(refusal.HTTP_MALFORMED, `a body comes whole or chunked, not "${coding.slice(0, 40)}"`);
  if (length !== undefined && !(Number(length) <= limit)) throw tooLarge(limit);
}

/** The body. Throws Refused HTTP_SIZE as soon as it is longer than `limit`, Gone when it was cut short. */
export function read(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    const settle = (outcome: () => void): void => {
      request.off("data", take).off("end", end).off("close", gone).off("error", gone);
      outcome();
    };
    const take = (part: Buffer): void => {
      length += part.length;
      if (length <= limit) return void parts.push(part);
      request.pause();
      settle(() => reject(tooLarge(limit)));
    };
    const end = (): void => settle(() => resolve(Buffer.concat(parts)));
    const gone = (): void => settle(() => reject(new Gone()));
    request.on("data", take).on("end", end).on("close", gone).on("error", gone);
  });
}

const notJson = (detail: string): refusal.Refused => new refusal.Refused(refusal.HTTP_JSON, detail);

/**
 * The JSON object that a body spells; `fields`: the names it may have, null when the caller checks them. Fields hold no objects,
 * and none stands there twice.
 */
export function object(bytes: Uint8Array, fields: readonly string[] | null): Record<string, unknown> {
  let value: unknown;
  let bare: string;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    bare = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
    let depth = 0;
    for (const c of bare) {
      if (c === "[" || c === "{") depth++;
      else if (c === "]" || c === "}") depth--;
      if (depth > DEPTH) throw notJson(`the body nests deeper than ${DEPTH} levels`);
    }
    value = JSON.parse(text);
  } catch (error) {
    throw error instanceof refusal.Refused ? error : notJson("the body is no JSON in UTF-8");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw notJson("the body is a JSON object");
  const names = Object.keys(value);
  if (names.length !== bare.split(":").length - 1) throw notJson("a field holds an object or stands there twice");
  const stray = names.find((name) => fields !== null && !fields.includes(name));
  if (stray !== undefined)
    throw notJson(`there is no field "${stray.slice(0, 40)}" here; it takes ${fields!.join(", ")}`);
  return value as Record<string, unknown>;
}
