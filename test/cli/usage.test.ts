// The contract with scripts: exit codes, what goes to stdout and what to stderr, and what help promises.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { synod } from "./synod.ts";
import { nearest } from "../../host/cli/nearest.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LAUNCHER = join(ROOT, "host", "cli", "synod.mjs");
const DEEDS = ["kill", "restart", "split", "heal", "slow", "corrupt", "lie"];
const COMMANDS = [
  "up",
  "sim",
  "replay",
  "keygen",
  "provision",
  "monitor",
  "tx",
  "query",
  "tape",
  ...DEEDS,
  "scenario",
  "vectors",
  "flash",
  "doctor",
];

test("what does not exist ends with 2, says so on stderr, and names what was probably meant", async () => {
  for (const [line, expected] of [
    ["upp", /no command "upp" \(did you mean up\?\)/],
    ["vektors", /did you mean vectors\?/],
    ["frobnicate", /no command "frobnicate"$/m],
    ["sim --sedes 3", /no option --sedes \(did you mean --seeds\?\)/],
    ["up --jsno", /did you mean --json\?/],
    ["up -z", /no option -z/],
    ["doctor now", /doctor does not expect "now"/],
    ["up 7 8", /up does not expect "8"/],
    ["--json up", /options come after the command/],
    ["tx tranfer", /did you mean transfer\?/],
  ] as [string, RegExp][]) {
    const { code, out, err } = await synod(...line.split(" "));
    assert.is(code, 2, line);
    assert.match(err, expected);
    assert.is(out, "", line);
  }
});

test("values that make no sense end with 2 and say what was expected", async () => {
  for (const [line, expected] of [
    ["up 0", /from 1 to 32, not "0"/],
    ["up seven", /from 1 to 32, not "seven"/],
    ["up 33", /from 1 to 32/],
    ["up --seconds", /--seconds needs a value/],
    ["up --seconds soon", /--seconds must be a number/],
    ["up --engine wasm4", /one of wasm3, v8.*did you mean wasm3\?/],
    ["sim --seeds -3", /no option -3/],
    ["sim --seeds 1 --seeds 2", /given 2 times/],
    ["sim --faults los", /did you mean loss\?/],
    ["tx show xyz", /must be hex/],
    ["tx transfer --cell 0011223344556677 --to 00", /must be 8 bytes/],
    ["replay", /replay needs/],
    ["vectors", /vectors needs/],
    ["query", /query what\? It knows status, account, key, readings/],
    ["query balance", /query knows status, account/],
    ["up --kill 3", /DEVICE@SECOND/],
    ["up 4 --kill 7@1", /the device must be a whole number from 0 to 3/],
    ["up 4 --tape 9:here.tape", /the device must be a whole number from 0 to 3/],
    ["up --engine v8 --dir somewhere", /--dir is for --engine posix/],
    ["up 4 --board z80", /none, stm32f405, esp32, esp32c3/],
    ["up 4 --engine posix --board esp32", /--board is for simulated devices/],
    ["sim --board z80", /none, stm32f405, esp32, esp32c3/],
    ["up 4 --accelerate", /--accelerate is for --engine posix/],
    ["up http://127.0.0.1:1 --accelerate", /--accelerate is for --engine posix/],
    ["up sim:4 --fleet fleet.json", /one fleet, not both/],
    ["up --port 99999", /--port must be a whole number from 0 to 65535/],
    ["kill sim:4", /kill which device\?/],
    ["kill sim:4 9", /the device must be a whole number from 0 to 3/],
    ["kill sim:4 1 2", /kill does not expect "2"/],
    ["kill 1 2", /"2" is a word too many/],
    ["kill smi:4 1", /"smi:4" names no fleet: sim:N, posix:PATH/],
    ["kill sim:99 1", /a fleet of 1 to 32 devices/],
    ["kill http://127.0.0.1:7777/fleet 1", /an address like http:\/\/127\.0\.0\.1:7777, without a path/],
    ["tape posix:", /posix:PATH needs the folder/],
    ["slow sim:4 1 soon", /the delay, ms, must be a whole number from 0 to 10000/],
    ["corrupt sim:4 1 101", /the percentage must be a whole number from 0 to 100/],
    ["split sim:4 0,1 2,x", /a device of a group must be a whole number/],
    ["split sim:4 0,1 1,2", /device 1 is in two groups/],
    ["query smi:4 status", /query knows status.*not "smi:4"|"smi:4" names no fleet/],
    ["query account", /query account whom\?/],
    ["query account 7 --seconds 1", /device 7 of a fleet of 4, 0 to 3/],
    ["query account seven --seconds 1", /not "seven"/],
    ["tx submit", /tx submit needs the transaction/],
    ["tx pay sim:4 0 1", /tx pay needs a device, whom it pays and how much/],
    ["tx pay sim:4 0 1 much", /the amount must be a whole number/],
    ["scenario", /scenario knows run/],
    ["scenario run", /at least one file/],
    ["scenario run nowhere.ts", /there is no file nowhere\.ts/],
    ["sim --tape 0:x.tape", /use it with --seeds 1/],
  ] as [string, RegExp][]) {
    const { code, out, err } = await synod(...line.split(" "));
    assert.is(code, 2, `${line}: ${err}`);
    assert.match(err, expected, line);
    assert.is(out, "", line);
  }
});

test("every command has help with examples, and help ends with 0", async () => {
  const { code, out } = await synod("--help");
  assert.is(code, 0);
  for (const name of COMMANDS) {
    assert.match(out, new RegExp(`^ +${name} +\\S`, "m"));
    const help = await synod(name, "--help");
    assert.is(help.code, 0, name);
    assert.match(help.out, /Examples\n +\$ synod /, name);
    assert.is(help.err, "", name);
  }
});

test("every option that help shows is one that the command takes", async () => {
  for (const name of COMMANDS) {
    const { out } = await synod(name, "--help");
    const options = [...out.matchAll(/^ +(?:-\w, )?--([\w-]+) /gm)]
      .map((found) => found[1])
      .filter((each) => each !== "help");
    for (const option of options) {
      const { err } = await synod(name, `--${option}=`, "--no-such-thing");
      assert.match(err, /no option --no-such-thing/, `${name} --${option}: ${err}`);
    }
  }
});

test("every command line in the READMEs is one that the commands take", async () => {
  for (const path of [
    "README.md",
    "CONTRIBUTING.md",
    "firmware/apps/README.md",
    "host/cli/README.md",
    "host/target/README.md",
    "host/scenario/README.md",
  ]) {
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
    for (const [, line] of text.matchAll(
      /npx synod ((?:up|sim|replay|keygen|provision|monitor|tx|query|tape|kill|restart|split|heal|slow|corrupt|lie|scenario|vectors|doctor)\b[^`\n]*)/g,
    )) {
      const { err } = await synod(...line.replace("--help", "").trim().split(/ +/), "--no-such-thing");
      assert.match(err, /no option --no-such-thing/, `${path}: ${line}`);
    }
  }
});

test("no command at all shows the help and ends with 2", async () => {
  const { code, out } = await synod();
  assert.is(code, 2);
  assert.match(out, /Available Commands/);
});

test("--version is that of the package", async () => {
  assert.match((await synod("--version")).out, /^synod, \d+\.\d+\.\d+$/m);
});

test("doctor names the exact line for what is missing, and its JSON says the same", async () => {
  const { out } = await synod("doctor", "--json");
  const { findings } = JSON.parse(out);
  for (const name of ["node", "C compiler (cc)", "clang", "qemu-system-arm", "arm-none-eabi-gcc", "valgrind", "libsodium", "chromium"])
    assert.ok(findings.some((each: { name: string }) => each.name === name), name); // prettier-ignore
  for (const { found, version, type } of findings) assert.ok(found ? version !== "" && type === "" : type !== "");
});

test("digits behind a switch stay digits", async () => {
  const { err } = await synod("tx", "show", "--json", "0000000000000000000000000000000000");
  assert.match(err, /deterministic/); // read as the hex that it is, not as the number 0
});

test("the nearest word is offered, and none when all are far", () => {
  assert.is(nearest("heplay", COMMANDS), "replay");
  assert.is(nearest("kegyen", COMMANDS), "keygen");
  assert.is(nearest("doc", COMMANDS), "doctor");
  assert.is(nearest("xylophone", COMMANDS), undefined);
  assert.is(nearest("q", []), undefined);
});

/** Part of this clone in a folder of its own; `run` gets the launcher's path there. */
function elsewhere(parts: string[], run: (launcher: string) => void): void {
  const clone = mkdtempSync(join(tmpdir(), "synod-"));
  try {
    for (const part of parts) cpSync(join(ROOT, part), join(clone, part), { recursive: true });
    if (parts.length > 1) symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"));
    run(join(clone, "host", "cli", "synod.mjs"));
  } finally {
    rmSync(clone, { recursive: true });
  }
}

const shell = (launcher: string, ...words: string[]) =>
  spawnSync(process.execPath, [launcher, ...words], { encoding: "utf8" });

test("a clone without packages or build says what to type and ends with 3", () => {
  elsewhere(["host/cli/synod.mjs"], (launcher) => {
    const { status, stderr } = shell(launcher, "up");
    assert.is(status, 3);
    assert.match(stderr, /run npm start or npm run build first/);
  });
});

test("without the wasm3 binding, wasm3 ends with 3 and names the way out, and V8 still runs", () => {
  elsewhere(["host", "firmware/wire", "package.json", "build/device.wasm"], (launcher) => {
    const { status, stderr } = shell(launcher, "keygen");
    assert.is(status, 3, stderr);
    assert.match(stderr, /npm run build, or use --engine v8/);
    assert.is(shell(launcher, "keygen", "--engine", "v8").status, 0);
    assert.match(shell(launcher, "doctor").stdout, /missing +wasm3/);
  });
});

test("from a shell: the same codes, and no colour when it is not on a terminal", () => {
  const wrong = shell(LAUNCHER, "upp");
  assert.is(wrong.status, 2);
  assert.not.ok(wrong.stderr.includes("\x1b"));
  assert.is(shell(LAUNCHER, "--help").status, 0);
});

test.run();
