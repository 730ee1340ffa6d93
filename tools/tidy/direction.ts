// Which file may import which (DESIGN: never up, never sideways).
//
//   hal, layout  <-  wire* <- crypto <- cose <- core <- mesh <- consensus <- ledger <- light <- app <- console <- index
//                    <- apps <- debug       (app is apps/app.ts, what an application is written against)
//                    layout takes its addresses from the target's "#role"; crypto its choices from "#profile"
//                    wire alone is host code as well: it imports "#mem" and its own folder
//   host     imports firmware/wire and nothing else of the firmware
//            wire <- device <- sensor, client <- tape <- fleet <- live <- target, flash <- scenario, gateway <- cli; never up
//            dashboard, which runs in a browser, imports wire, device, client and tape alone; nobody imports it
//   boards   includes its own files, boards/runtime, the system's and wasm3's headers
//   nobody   imports test or tools, but they themselves
//
// Rule: an answer names the edge, as `from -> to`.

import { existsSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { blanked, lineAt, root, type Source } from "./source.ts";

/** The floors of the firmware, lowest first: what may import only what stands before it. */
export const FLOORS = [
  "wire",
  "crypto",
  "cose",
  "core",
  "mesh",
  "consensus",
  "ledger",
  "light",
  "app",
  "console",
  "index",
  "apps",
  "debug",
];

/** The same for the host: a folder imports itself and folders of a lower number. */
export const HOST: Readonly<Record<string, number>> = {
  wire: 0,
  device: 1,
  sensor: 2,
  client: 2,
  tape: 3,
  fleet: 4,
  dashboard: 4,
  live: 5,
  flash: 6,
  target: 6,
  scenario: 7,
  gateway: 7,
  cli: 8,
};

/** What a file imports, as paths below the root; packages keep their name. */
export function imports(source: Source): { to: string; line: number }[] {
  const text = blanked(source.text, { strings: false });
  const found = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)"([^"]+)"/g);
  return [...found].map((m) => ({
    to: m[1].startsWith(".") ? posix.join(posix.dirname(source.path), m[1]).replace(/\.(ts|mjs)$/, "") : m[1],
    line: lineAt(text, m.index),
  }));
}

/** The floor of a firmware file: its folder, or the name of a file beside the folders. */
function floor(path: string): string {
  if (/^firmware\/apps\/app(\.ts)?$/.test(path)) return "app";
  const parts = path.replace(/\.ts$/, "").split("/");
  return parts[1] ?? "";
}

function firmwareEdge(from: string, to: string): string | null {
  const here = floor(from);
  if (to === "#profile") return here === "crypto" ? null : "only crypto may ask for the profile";
  if (to === "#role") return here === "layout" ? null : "what the role decides is in layout";
  if (to === "#mem") return here === "wire" || here === "lib" ? null : "only wire may use the memory twin";
  if (!to.startsWith("firmware/")) return "the firmware knows nothing outside itself";
  const there = floor(to);
  if (there === "hal" || there === "layout") {
    if (here === "wire") return "wire is host code as well: it cannot know hal or layout";
    return here === "layout" || here === "hal" ? "the ground floor imports nothing" : null;
  }
  if (here === there) return null;
  const [low, high] = [FLOORS.indexOf(there), FLOORS.indexOf(here)];
  if (low < 0 || high < 0) return `a folder without a place in ${FLOORS.join(" <- ")}`;
  return low < high ? null : "an import that goes up";
}

function hostEdge(from: string, to: string): string | null {
  if (to.startsWith("firmware/") && !to.startsWith("firmware/wire/")) return "the host knows firmware/wire alone";
  if (/^(test|tools)\//.test(to)) return "nothing imports test or tools";
  if (!to.startsWith("host/")) return null;
  const [here, there] = [from.split("/")[1], to.split("/")[1]];
  if (here === there || (here === "wire" && /^host\/device\/event$/.test(to))) return null; // words of events: their type
  if (!(here in HOST) || !(there in HOST)) return `a folder without a place in ${Object.keys(HOST).join(", ")}`;
  if (there === "dashboard") return "nobody imports the page";
  return HOST[there] < HOST[here] ? null : "an import that goes up";
}

function edges(source: Source): string[] {
  const judge = source.path.startsWith("firmware/") ? firmwareEdge : source.path.startsWith("host/") ? hostEdge : null;
  if (!judge) return [];
  return imports(source).flatMap(({ to, line }) => {
    const why = judge(source.path, to);
    return why ? [`${source.path}:${line} -> ${to}: ${why}`] : [];
  });
}

/** Boards whose images boards/bare makes, and what they may include besides. */
const BARE: Readonly<Record<string, readonly string[]>> = {
  "boards/cortexm": ["boards/bare"],
  "boards/stm32f405": ["boards/bare", "boards/cortexm"],
  "boards/mps2": ["boards/bare", "boards/cortexm"],
  "boards/riscv": ["boards/bare"],
  "boards/xtensa": ["boards/bare"],
};

/** The same for C: where a quoted include may point. */
function includes(source: Source): string[] {
  if (!source.path.startsWith("boards/")) return [];
  const own = dirname(source.path);
  const isThere = (p: string) => existsSync(join(root, p));
  return [...source.text.matchAll(/^[ \t]*#[ \t]*include[ \t]*"([^"]+)"/gm)].flatMap((m) => {
    const to = m[1];
    const beside = posix.join(own, to);
    if (/^(wasm3\.h|m3_\w+\.[ch])$/.test(to)) return [];
    if (
      own === "boards/runtime" ? isThere(beside) && !to.includes("/") : beside.startsWith(own + "/") && isThere(beside)
    )
      return [];
    const shared = ["boards/runtime", ...(BARE[own] ?? [])].map((d) => (to.startsWith("..") ? beside : `${d}/${to}`));
    if (
      own !== "boards/runtime" &&
      shared.some((p) => /^boards\/(runtime|bare|cortexm)\/[\w.]+$/.test(p) && isThere(p))
    )
      return [];
    return [
      `${source.path}:${lineAt(source.text, m.index)} -> ${to}: a board knows itself, boards/runtime, boards/bare and boards/cortexm when it has no system, the system and wasm3`,
    ];
  });
}

/** The edges that break the rules above. */
export function direction(sources: Source[]): string[] {
  return sources.flatMap((s) => (/\.(ts|mjs)$/.test(s.path) ? edges(s) : includes(s)));
}
