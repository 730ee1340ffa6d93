// Who may ask: decided from the headers alone, before path and body are looked at.
//
//   each header once ──> Host: our own name ──> Origin, Sec-Fetch-Site: our own page or no page ──> token, when there is one
//      931                 922                    923                                                924
//
// A page of another site can make a browser send requests here, and can make its own name resolve to 127.0.0.1. It cannot choose
// Host, Origin or Sec-Fetch-Site, nor read a token. Rule: what is compared with a secret is compared in constant time.

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";
import * as refusal from "../wire/refusal.ts";

export interface Door {
  /** SHA-256 of the token; null: none is asked for. */
  readonly token: Uint8Array | null;
}

/** Headers that decide something: said twice, two readers could each believe another one. */
const ONCE = new Set([
  "host",
  "origin",
  "authorization",
  "content-type",
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "sec-fetch-site",
  "expect",
]);
/** What stands in an address and in a header (RFC 3986 unreserved) alike, and enough of it that nobody guesses it. */
const TOKEN = /^[A-Za-z0-9._~-]{16,256}$/;
const HOST = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})(?::\d{1,5})?$/;

const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();

const loopback = (address: string): boolean =>
  address === "localhost" || address === "::1" || (isIP(address) === 4 && address.startsWith("127."));

/** How an address stands in a URL and in a Host header. */
const bracketed = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

/** A name by which this machine reaches what is bound to `bind`: one address, or all of them. */
export const named = (bind: string): string =>
  bind === "0.0.0.0" ? "127.0.0.1" : bind === "::" ? "[::1]" : bracketed(bind);

/** The door of a gateway bound to `bind`. Throws Refused HTTP_TOKEN when it would stand open to others. */
export function door(bind: string, token: string | undefined): Door {
  if (token === undefined) {
    if (loopback(bind)) return { token: null };
    throw new refusal.Refused(
      refusal.HTTP_TOKEN,
      `bound to ${bind}, other machines reach the fleet: that takes a token`,
    );
  }
  if (TOKEN.test(token)) return { token: digest(token) };
  throw new refusal.Refused(
    refusal.HTTP_TOKEN,
    "a token has 16 to 256 letters, digits and . _ ~ -; for example openssl rand -hex 16",
  );
}

function once(rawHeaders: readonly string[]): void {
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i].toLowerCase();
    if (ONCE.has(name) && seen.has(name))
      throw new refusal.Refused(refusal.HTTP_MALFORMED, `the header ${name} stands there twice`);
    seen.add(name);
  }
}

/** The Host header, lower case, when it is a name of this machine: loopback, or the address that the connection came to. */
function hostOf(request: IncomingMessage): string {
  const host = (request.headers.host ?? "").toLowerCase();
  const name = HOST.exec(host)?.[1] ?? "";
  const came = (request.socket.localAddress ?? "").replace(/^::ffff:/, "");
  if (["localhost", "127.0.0.1", "[::1]"].includes(name) || (name !== "" && name === bracketed(came))) return host;
  throw new refusal.Refused(refusal.HTTP_HOST, `this is ${came}; the request is for "${host.slice(0, 80)}"`);
}

function ownPage({ headers }: IncomingMessage, host: string): void {
  const { origin, "sec-fetch-site": site } = headers;
  if (origin !== undefined && origin.toLowerCase() !== `http://${host}`)
    throw new refusal.Refused(refusal.HTTP_ORIGIN, `a page of ${origin.slice(0, 80)} may not ask http://${host}`);
  if (site !== undefined && site !== "same-origin" && site !== "none")
    throw new refusal.Refused(
      refusal.HTTP_ORIGIN,
      "a page of another site may not ask, nor link here: type the address instead",
    );
}

function bearer({ headers }: IncomingMessage, token: Uint8Array): void {
  const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  const right = timingSafeEqual(digest(given ?? ""), token);
  if (given === undefined || !right)
    throw new refusal.Refused(
      refusal.HTTP_TOKEN,
      `${given === undefined ? "a token is missing" : "that is another token"}: Authorization: Bearer TOKEN`,
    );
}

/** Throws Refused unless this request may ask. `open`: what it asks for says nothing of the fleet, so that it needs no token. */
export function check(request: IncomingMessage, { token }: Door, open: boolean): void {
  once(request.rawHeaders);
  ownPage(request, hostOf(request));
  if (token !== null && !open) bearer(request, token);
}
