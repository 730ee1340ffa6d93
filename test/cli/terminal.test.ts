// The live view on a real terminal (a pseudo-terminal of util-linux's script): keys work, and the terminal is left clean.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const LAUNCHER = fileURLToPath(new URL("../../host/cli/synod.mjs", import.meta.url));
const there = spawnSync("script", ["--version"]).status === 0;

/** Runs the view in a pseudo-terminal; each key is typed once the text before it was seen. What came out, in all. */
function watch(typed: [seen: RegExp, key: string][]): Promise<{ screen: string; code: number | null }> {
  const line = `stty cols 100 rows 40; ${process.execPath} ${LAUNCHER} up 4 --engine v8 --speed 4`;
  const env = { ...process.env, TERM: "xterm-256color", LANG: "C.UTF-8", NO_COLOR: undefined, FORCE_COLOR: undefined };
  const child = spawn("script", ["-qec", line, "/dev/null"], { env, stdio: ["pipe", "pipe", "inherit"] });
  let screen = "";
  let from = 0;
  child.stdout.on("data", (data) => {
    screen += String(data);
    if (!typed.length || !typed[0][0].test(screen.slice(from))) return;
    from = screen.length;
    child.stdin.write(typed.shift()![1]);
  });
  return new Promise((done) => child.on("close", (code) => done({ screen, code })));
}

const ENTER = "\x1b[?1049h";
const LEAVE = "\x1b[?1049l";

for (const [name, key] of [
  ["q", "q"],
  ["Ctrl-C", "\x03"],
])
  // prettier-ignore
  test(`${name} ends the view, gives the terminal back and prints the summary below it`, async () => {
    if (!there) return void console.log("skipped: no script(1) to make a terminal");
    const { screen, code } = await watch([[/[2-9] blocks/, "2"], [/killed/, "p"], [/paused/, key]]); // prettier-ignore
    assert.is(code, 0);
    assert.is(screen.split(ENTER).length, 2);
    assert.is(screen.split(LEAVE).length, 2);
    assert.ok(screen.indexOf(ENTER) < screen.indexOf("killed"));
    assert.match(screen, /dashboard http:\/\/127\.0\.0\.1:\d+/);
    const after = screen.slice(screen.indexOf(LEAVE));
    assert.ok(screen.lastIndexOf("\x1b[?25h") > screen.lastIndexOf("\x1b[?25l"), "the cursor is shown again");
    assert.match(after, /trace hash [0-9a-f]{64}/);
    assert.match(after, /0 violations/);
  });

test.run();
