// CBOR in the diagnostic notation of RFC 8949 section 8, for people who read what they sign.
//
//   18([<< {1: -8} >>, {4: h'...'}, << [...] >>, h'...'])        a byte string that holds an array or map is opened: << >>

import { decode, Tagged, type Value } from "../client/cbor.ts";

const hex = (bytes: Uint8Array): string => `h'${Buffer.from(bytes).toString("hex")}'`;

/** The array or map that a byte string holds, or undefined. */
function embedded(bytes: Uint8Array): Value | undefined {
  if (bytes.length < 2) return undefined;
  try {
    const inner = decode(bytes);
    const structured = Array.isArray(inner) || inner instanceof Map;
    return structured ? inner : undefined;
  } catch {
    return undefined;
  }
}

/** A value in diagnostic notation. */
export function diagnose(value: Value): string {
  if (value instanceof Uint8Array) {
    const inner = embedded(value);
    return inner === undefined ? hex(value) : `<< ${diagnose(inner)} >>`;
  }
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(diagnose).join(", ")}]`;
  if (value instanceof Map)
    return `{${[...value].map(([key, each]) => `${diagnose(key)}: ${diagnose(each)}`).join(", ")}}`;
  if (value instanceof Tagged) return `${value.tag}(${diagnose(value.value)})`;
  return String(value);
}
