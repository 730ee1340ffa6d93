// Reasons: each number once, said in one place, explained on the host, provoked by a test.
//
//   firmware/wire/reason.ts   NAME = number        unique
//   firmware/**               reason.NAME          exactly one place
//   host/wire/words.ts        NAME                 a sentence
//   test/**                   NAME                 a test that makes a device say it
//
// The host's own numbers (host/wire/refusal.ts) are held to the same, but may be said in several places of the host.

import { blanked, type Source } from "./source.ts";

export interface Reason {
  name: string;
  number: number;
}

/** The reasons that reason.ts declares, OK left out. */
export const declared = (source: Source): Reason[] =>
  [...source.text.matchAll(/^export const (\w+): u32 = (\d+);/gm)]
    .map((m) => ({ name: m[1], number: Number(m[2]) }))
    .filter((r) => r.name !== "OK");

const uses = (sources: Source[], name: string): string[] =>
  sources.flatMap((s) => {
    const text = blanked(s.text, { strings: true });
    return [...text.matchAll(new RegExp(`\\breason\\.${name}\\b`, "g"))].map(() => s.path);
  });

const named = (sources: Source[], name: string) =>
  sources.some((s) => new RegExp(`\\b${name}\\b`).test(blanked(s.text, { strings: false })));

/** What is wrong with the reasons, one line each. */
export function reasons(list: Source, firmware: Source[], words: Source[], tests: Source[]): string[] {
  const all = declared(list);
  const speaking = firmware.filter((s) => s.path !== list.path && !/^firmware\/debug[./]/.test(s.path));
  return all.flatMap(({ name, number }) => {
    const found: string[] = [];
    const twin = all.find((r) => r.number === number && r.name !== name);
    if (twin) found.push(`has the number ${number} of ${twin.name}`);
    const places = uses(speaking, name);
    if (places.length === 0) found.push("is used nowhere in the firmware");
    if (places.length > 1) found.push(`is used in ${places.length} places: ${places.join(", ")}`);
    if (!named(words, name)) found.push("has no words in host/wire/words.ts");
    if (!named(tests, name)) found.push("is provoked by no test");
    return found.length > 0 ? [`reason ${name} ${found.join(", ")}`] : [];
  });
}

/** What is wrong with the host's refusals, one line each. */
export function refusals(list: Source, host: Source[], words: Source[], tests: Source[]): string[] {
  const all = [...list.text.matchAll(/^export const (\w+) = (\d+);/gm)].map((m) => ({ name: m[1], number: m[2] }));
  return all.flatMap(({ name, number }) => {
    const found: string[] = [];
    if (all.some((r) => r.number === number && r.name !== name)) found.push(`shares the number ${number}`);
    if (
      !named(
        host.filter(({ path }) => path !== list.path && !words.some((w) => w.path === path)),
        name,
      )
    )
      found.push("is said nowhere in the host");
    if (!named(words, name)) found.push("has no words in host/wire/words.ts");
    if (!named(tests, name)) found.push("is provoked by no test");
    return found.length > 0 ? [`refusal ${name} ${found.join(", ")}`] : [];
  });
}
