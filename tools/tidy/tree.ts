// The tree itself: a README per folder, a head comment per file, nothing of one person's machine.

import { dirname } from "node:path";
import type { Source } from "./source.ts";

/** Folders of code below firmware, host, boards, tools and test that have no README.md. Folders of test mirror the sources; twins, whose
 *  name begins with #, are told of one folder up. */
export function readmes(paths: string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    if (!/^(firmware|host|boards|tools|test)\//.test(path)) continue;
    if (!/\.(ts|mjs|c|h|ld|S)$/.test(path) || /\/#\w+\.ts$/.test(path)) continue;
    for (let d = dirname(path); d !== "."; d = dirname(d)) if (!d.startsWith("test/")) folders.add(d);
  }
  return [...folders].filter((d) => !paths.includes(`${d}/README.md`)).map((d) => `${d} has no README.md`);
}

/** Files that do not open with a comment. */
export function heads(sources: Source[]): string[] {
  return sources
    .filter((s) => !/^(\/\/|\/\*)/.test(s.text.replace(/^#![^\n]*\n/, "").trimStart()))
    .map((s) => `${s.path} does not say at its head what it is`);
}

// written in pieces, so that this file does not name what it looks for
const HOSTS = ["registry" + "\\.npmjs", "deb" + "\\.debian\\.org", "registry" + "\\.yarnpkg"];
const FOLDERS = ["work", "farm", "home/\\w+", "Users/\\w+"];
const LOCAL = new RegExp(`(^|[^A-Za-z0-9_.*])/(${FOLDERS.join("|")})/|${HOSTS.join("|")}`);

/** Lines that name a path of somebody's machine or the host of a package registry. */
export function local(sources: Source[]): string[] {
  return sources
    .filter((s) => s.path !== "package-lock.json")
    .flatMap((s) =>
      s.text
        .split("\n")
        .flatMap((line, i) => (LOCAL.test(line) ? [`${s.path}:${i + 1}: ${line.trim().slice(0, 100)}`] : [])),
    );
}

/** Download addresses in the lock file: they tie a clone to one registry. */
export function lock(source: Source): string[] {
  const found = source.text.match(/"resolved": *"http/g)?.length ?? 0;
  return found > 0
    ? [`${source.path} records ${found} download addresses; npm install with omit-lockfile-registry-resolved=true`]
    : [];
}
