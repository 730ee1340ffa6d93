// Key files of operators: a JSON Web Key of RFC 8037 (OKP, Ed25519); "d" is the private part.
//
// Rule: private key material goes from the random source to a file of mode 0600 and to the signer, never to a terminal.

import { randomBytes } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { signer, type Signer } from "../client/client.ts";
import { Failed, Usage } from "./exit.ts";

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

/** Makes a key on this machine and writes it to a new file that only its owner may read. */
export function create(path: string): Signer {
  if (existsSync(path)) throw new Usage(`${path} exists; a key file is never overwritten`);
  const made = signer(new Uint8Array(randomBytes(32)));
  const file = openSync(path, "wx", 0o600);
  writeSync(
    file,
    `${JSON.stringify({ kty: "OKP", crv: "Ed25519", x: base64url(made.pub), d: base64url(made.seed) })}\n`,
  );
  closeSync(file);
  return made;
}

/** Reads a key file. Messages name the file and what is wrong with it, never its contents. */
export function read(path: string): Signer {
  if (!existsSync(path)) throw new Usage(`there is no key file ${path}; synod keygen --out ${path} makes one`);
  let jwk: Record<string, unknown>;
  try {
    jwk = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new Failed(`${path} is not a JSON Web Key`);
  }
  if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519" || typeof jwk.d !== "string" || typeof jwk.x !== "string")
    throw new Failed(`${path} is no private Ed25519 JSON Web Key (RFC 8037)`);
  const seed = new Uint8Array(Buffer.from(jwk.d, "base64url"));
  if (seed.length !== 32) throw new Failed(`${path}: "d" has ${seed.length} bytes, 32 are due`);
  const made = signer(seed);
  if (base64url(made.pub) !== jwk.x) throw new Failed(`${path}: "x" is not the public key of "d"`);
  return made;
}
