// Writes ERRORS.md: every number that a device or the host can say, each with an anchor, from host/wire/words.ts.
//
//   npx tsx tools/errors.ts          writes it
//
// Rule: nothing is written there by hand; a test compares the file with this.

import { writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { entries, type Entry } from "../host/wire/words.ts";

const RANGES: readonly [from: number, title: string][] = [
  [1, "Frames and fragments"],
  [20, "CBOR (RFC 8949)"],
  [40, "COSE (RFC 9052, RFC 9679)"],
  [60, "Keys and signatures"],
  [80, "Consensus"],
  [104, "Members"],
  [120, "Ledger"],
  [150, "Flash and identity"],
  [180, "Requests at the console"],
  [900, "Deeds"],
  [910, "Targets"],
  [920, "The gateway (HTTP)"],
  [940, "Flashing a board"],
  [950, "What a board says that cannot start"],
];

const HEAD = `# Errors

Every refusal is a number. A device says it in a REFUSED or RESULT event and as the value of a request; the gateway says it as \`"error"\` in
its JSON; commands print the sentence. Numbers below 900 are the device's (\`firmware/wire/reason.ts\`), the others the host's
(\`host/wire/refusal.ts\`). A number is never used again for something else.

This file is made by \`npx tsx tools/errors.ts\` from \`host/wire/words.ts\`.
`;

const sentence = (text: string): string => `${text[0].toUpperCase()}${text.slice(1)}.`;

const section = ({ number, name, what, expected, then }: Entry): string =>
  `<a id="e${number}"></a>\n\n### ${number} ${name}\n\n${sentence(what)}\n\n- Expected: ${expected}.\n- To do: ${then}.\n`;

/** The text of ERRORS.md. */
export function text(): string {
  const parts = [HEAD];
  let range = -1;
  for (const entry of entries()) {
    if (entry.number === 0) continue;
    const next = RANGES.findLastIndex(([from]) => from <= entry.number);
    if (next !== range) parts.push(`## ${RANGES[next][1]}\n`);
    range = next;
    parts.push(section(entry));
  }
  return parts.join("\n");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(fileURLToPath(new URL("../ERRORS.md", import.meta.url)), text());
