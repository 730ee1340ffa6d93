// Archives that are the same bytes for the same files: ustar, gzip.
//
//   tar([{ path, bytes }])    entries sorted by path; one time, no owner, mode 0644     gzip(bytes)    no time, no system
//
// Rule: nothing of this machine goes in: no clock, no user, no order of a folder. The tar is the same everywhere; its compressed form
// is the same for the same zlib, which is Node's.

import { gzipSync } from "node:zlib";

const BLOCK = 512;
/** 2020-01-01T00:00:00Z: after 1980, which zip tools ask for, and before any build, so that make finds nothing to come from the future. */
const TIME = 1577836800;
const SYSTEM = 9; // of a gzip head: where it was made
const UNKNOWN = 255;

/** A name as ustar keeps it: up to 100 bytes, and up to 155 of folders before them. */
function split(path) {
  if (path.length <= 100) return ["", path];
  const at = path.indexOf("/", path.length - 101);
  if (at < 0 || at > 155) throw new Error(`the path is too long for an archive: ${path}`);
  return [path.slice(0, at), path.slice(at + 1)];
}

function head(path, size) {
  const block = Buffer.alloc(BLOCK);
  const [folders, name] = split(path);
  const octal = (value, digits) => value.toString(8).padStart(digits, "0");
  block.write(name, 0, "ascii");
  block.write(octal(0o644, 7), 100, "ascii");
  block.write(octal(0, 7), 108, "ascii"); // owner
  block.write(octal(0, 7), 116, "ascii"); // group
  block.write(octal(size, 11), 124, "ascii");
  block.write(octal(TIME, 11), 136, "ascii");
  block.write("        ", 148, "ascii"); // the sum is taken over blanks
  block.write("0ustar\x0000", 156, "latin1"); // a file
  block.write(folders, 345, "ascii");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return block;
}

/** The files as one tar archive. */
export function tar(files) {
  const parts = [];
  for (const { path, bytes } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    if (!/^[\x20-\x7e]+$/.test(path)) throw new Error(`a path has characters that not every tar reads: ${path}`);
    parts.push(head(path, bytes.length), bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

/** The bytes compressed. */
export function gzip(bytes) {
  const packed = gzipSync(bytes, { level: 9 });
  packed[SYSTEM] = UNKNOWN;
  return packed;
}
