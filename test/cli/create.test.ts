// A project of one's own, from this package as npm would hand it out: packed, installed in an empty folder elsewhere, created from each
// template, built, tested, started. Nothing of this tree is used but the tarball.

import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as build from "../../host/cli/build.ts";
import * as sections from "../../host/device/sections.ts";
import { synod } from "./synod.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const LIMIT_MS = 300_000;
const HOME = realpathSync(mkdtempSync(join(tmpdir(), "synod-create-")));
const TEMPLATES = ["valve", "meter", "node"];

interface Heard {
  code: number;
  out: string;
  err: string;
}

/** Runs a program in a folder, without what the npm that runs these tests says of this project. */
function run(folder: string, program: string, ...words: string[]): Promise<Heard> {
  const theirs =
    /^npm_(package|lifecycle|command)|^npm_config_(local_prefix|legacy_peer_deps)$|^(NODE_OPTIONS|INIT_CWD)$|^SYNOD_/i;
  const own = Object.entries(process.env).filter(([name]) => !theirs.test(name));
  const env = { ...Object.fromEntries(own), NO_COLOR: "1", npm_config_update_notifier: "false" };
  return new Promise((done) => {
    execFile(program, words, { cwd: folder, env, timeout: LIMIT_MS, maxBuffer: 1 << 26 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      done({ code, out, err });
    });
  });
}

async function well(folder: string, program: string, ...words: string[]): Promise<Heard> {
  const heard = await run(folder, program, ...words);
  assert.is(heard.code, 0, `${program} ${words.join(" ")}\n${heard.out}\n${heard.err}`);
  return heard;
}

/** Runs the installed synod, as `npx synod` does. */
const installed = (folder: string, ...words: string[]): Promise<Heard> =>
  run(folder, process.execPath, join(HOME, "node_modules", "synod", "host", "cli", "synod.mjs"), ...words);

const text = (...path: string[]): string => readFileSync(join(HOME, ...path), "utf8");
const INSTALL = ["install", "--prefer-offline", "--no-audit", "--no-fund"];

test.after(() => rmSync(HOME, { recursive: true, force: true }));

let tarball = "";

test("npm pack gives one small tarball with all that is needed, nothing of this machine, and no test", async () => {
  const { out } = await well(ROOT, "npm", "pack", "--json", "--pack-destination", HOME);
  const [{ filename, size, unpackedSize, files }] = JSON.parse(out);
  tarball = filename;
  const names: string[] = files.map(({ path }: { path: string }) => path);
  console.log(
    `note: ${filename} ${(size / 1024).toFixed(0)} KB, ${names.length} files, ${(unpackedSize / 1024).toFixed(0)} KB unpacked`,
  );
  for (const needed of [
    "host/cli/synod.mjs",
    "host/scenario/scenario.ts",
    "firmware/index.ts",
    "firmware/apps/app.ts",
    "firmware/lib/#mem.ts",
    "boards/runtime/node.c",
    "boards/binding/binding.c",
    "templates/valve/scenario/valve.ts",
    "build/device.wasm",
    "build/node.wasm",
    "build/valve.wasm",
    "build/wasm3/m3_env.c",
    "build/wasm3/LICENSE",
    "README.md",
    "LICENSE",
  ])
    assert.ok(names.includes(needed), `${needed} is missing`);
  assert.equal(names.includes("build/dashboard.html"), existsSync(join(ROOT, "tools", "dashboard.mjs")));
  const strays = names.filter((name) => /^(test|\.ci|node_modules)\/|\.(node|stamp|wat|tape|elf|o|tgz)$/.test(name));
  assert.equal(strays, []);
  assert.ok(size < 1_000_000, `${size} bytes`);
});

test("it installs from the registry alone, without React or a compiler run", async () => {
  writeFileSync(join(HOME, "package.json"), JSON.stringify({ name: "elsewhere", private: true }));
  await well(HOME, "npm", ...INSTALL, `./${tarball}`);
  const there = readdirSync(join(HOME, "node_modules"));
  assert.ok(there.includes("synod"));
  assert.equal(
    there.filter((name) => /react/.test(name)),
    [],
  );
  const folder = join(HOME, "node_modules", "synod");
  const machine = [ROOT, homedir()].filter((path) => path.length > 5);
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/\.\w+$/.test(name) || !existsSync(join(folder, name))) continue;
    const content = readFileSync(join(folder, name), "latin1");
    for (const path of machine) assert.not.ok(content.includes(path), `${name} names ${path}`);
  }
});

test("create makes a project of each template, and says what to type next", async () => {
  for (const template of TEMPLATES) {
    const { out } = await well(HOME, "npx", "synod", "create", `my-${template}`, "--template", template);
    assert.ok(out.endsWith(`now type:\n  cd my-${template}\n  npm install\n  npm start\n`), out);
    const named = (path: string): string => text(`my-${template}`, path);
    assert.is(JSON.parse(named("package.json")).dependencies.synod, `file:../${tarball}`);
    assert.match(named(".gitignore"), /^build\/$/m);
    assert.match(named("README.md"), new RegExp(`^# my-${template}\n`));
    assert.match(named("app.ts"), /^export \* from "synod\/firmware\/index";$/m);
    assert.not.match(["README.md", "package.json", "fleet.json", "app.ts"].map(named).join(""), /\{\{/);
  }
});

/** Builds, tests and starts a created project; what `npm start` printed. */
async function lives(template: string, seconds: string): Promise<string> {
  const folder = join(HOME, `my-${template}`);
  const built = await well(folder, "npm", "run", "build");
  assert.match(built.out, /build\/app\.wasm +\d+ bytes$/m);
  const played = await well(folder, "npm", "test");
  assert.match(played.out, /nothing changed/);
  assert.match(played.out, /^PASS /m);
  assert.match(played.out, /^[1-9] scenarios passed/m);
  const described = text(`my-${template}`, "fleet.json");
  const ran = await well(folder, "npm", "start", "--", "--seconds", seconds, "--plain", "--speed", "max");
  assert.is(text(`my-${template}`, "fleet.json"), described, "a run leaves no trace in fleet.json");
  assert.match(ran.out, /height \d+, .* 0 violations/);
  // where it is compiled makes no difference
  const module = template === "meter" ? "device" : template;
  assert.is(
    readFileSync(join(folder, "build", "app.wasm")).length,
    readFileSync(join(ROOT, "build", `${module}.wasm`)).length,
  );
  return ran.out;
}

test("a created project installs, builds, passes its scenario, and its fleet runs", async () => {
  await well(join(HOME, "my-valve"), "npm", ...INSTALL);
  const own = join(HOME, "my-valve", "node_modules", "synod", "package.json");
  assert.ok(existsSync(own), "an installation of its own");
  // the others run beside the first installation
  const [valve, meter] = await Promise.all([lives("valve", "18"), lives("meter", "10"), lives("node", "2")]);
  assert.match(valve, /device 0 sets actuator 0 to 1$/m);
  assert.match(meter, / [1-9]\d* readings, [1-9]\d* transfers, /);
});

test("wasm3 is compiled where it is first needed; doctor says what is there", async () => {
  const folder = join(HOME, "my-node");
  const words = ["up", "--fleet", "fleet.json", "--engine", "wasm3", "--seconds", "2", "--plain", "--speed", "max"];
  const { code, out, err } = await installed(folder, ...words);
  assert.is(code, 0, err);
  assert.match(out, /0 violations/);
  assert.ok(existsSync(join(HOME, "node_modules", "synod", "build", "wasm3.node")));
  const doctor = await installed(folder, "doctor");
  assert.is(doctor.code, 0, doctor.err);
  assert.match(doctor.out, /found +wasm3/);
  assert.match(doctor.out, /A fleet runs here/);
});

/** Options of a project's own: compiled without optimization, which takes half the time. */
const hurry = (folder: string): void =>
  writeFileSync(
    join(folder, "asconfig.json"),
    readFileSync(join(folder, "asconfig.json"), "utf8").replace(
      '"outFile"',
      '"optimizeLevel": 0, "shrinkLevel": 0, "outFile"',
    ),
  );

test("an app that does not compile, or is no device, ends with 1 in words, and the module before it stays", async () => {
  const folder = join(HOME, "my-node");
  hurry(folder);
  const before = readFileSync(join(folder, "build", "app.wasm"));
  const start = `import * as app from "synod/firmware/apps/app";\nexport * from "synod/firmware/index";\n`;
  const cases: [string, RegExp][] = [
    [`${start}app.onTick((now: u64): u32 => { return nothing(); });\n`, /Cannot find name 'nothing'[^]*app\.ts\(3,/],
    [
      `${start}let n: u32 = 0;\napp.onCommit((h: u32): void => { n += h; store<u32>(app.STATE, n); });\n`,
      /module-level `let`.*app\.STATE/,
    ],
    [`export function boot(): void {}\n`, /needs the line: export \* from "synod\/firmware\/index"/],
  ];
  for (const [source, expected] of cases) {
    writeFileSync(join(folder, "app.ts"), source);
    const { code, err } = await installed(folder, "build");
    assert.is(code, 1, err);
    assert.match(err, expected);
    assert.ok(before.equals(readFileSync(join(folder, "build", "app.wasm"))));
  }
  const { code, err } = await installed(folder, "up", "--fleet", "fleet.json", "--seconds", "1", "--plain");
  assert.is(code, 3, err);
  assert.match(err, /older than app\.ts.*type: npx synod build/);
});

test("the smallest app of the README compiles", async () => {
  const folder = join(HOME, "my-node");
  const [, sample] = /```ts\n([^]*?)```/.exec(readFileSync(join(ROOT, "firmware/apps/README.md"), "utf8"))!;
  writeFileSync(join(folder, "app.ts"), sample);
  const { code, out, err } = await installed(folder, "build", "--json");
  assert.is(code, 0, err);
  assert.equal(JSON.parse(out).changed, true);
});

test("a change of the app that breaks a promise fails its scenario, and says which", async () => {
  const folder = join(HOME, "my-valve");
  hurry(folder);
  const app = text("my-valve", "app.ts").replace("OPEN_AT: i32 = 30000", "OPEN_AT: i32 = 60000");
  writeFileSync(join(folder, "app.ts"), app);
  const { code, out } = await run(folder, "npm", "test");
  assert.is(code, 1);
  assert.match(out, /^FAIL +heat opens the valve/m);
  assert.match(out, /device 0 to set actuator 0 to 1/);
});

test("create refuses, in words and with 2, what it cannot do, and leaves nothing behind", async () => {
  mkdirSync(join(HOME, "refusals"));
  const here = process.cwd();
  process.chdir(join(HOME, "refusals"));
  try {
    mkdirSync("full");
    writeFileSync("full/file", "");
    writeFileSync("file", "");
    const before = readdirSync(".");
    for (const [line, expected] of [
      ["create", /create needs a name/],
      ["create full", /the folder full is there and not empty/],
      ["create file", /there is a file called file/],
      ["create My-Valve", /as npm wants it.*try my-valve/],
      ["create ../valve", /try valve/],
      ["create .valve", /try valve/],
      ["create _", /as npm wants it/],
      ["create synod", /"synod" is taken \(try my-synod\)/],
      ["create node_modules", /taken/],
      [`create ${"v".repeat(65)}`, /at most 64/],
      ["create x --template vlave", /valve, meter, node, not "vlave" \(did you mean valve\?\)/],
      ["create x --template rocket", /must be one of/],
      ["create x y", /does not expect "y"/],
      ["build nowhere", /there is no app\.ts in .*nowhere/],
    ] as [string, RegExp][]) {
      const { code, out, err } = await synod(...line.split(" "));
      assert.is(code, 2, `${line}: ${err}`);
      assert.match(err, expected, line);
      assert.is(out, "");
      assert.equal(readdirSync("."), before, line);
    }
    mkdirSync("empty");
    const { code, out } = await synod("create", "empty", "--json");
    assert.is(code, 0);
    const { template, files, next } = JSON.parse(out);
    assert.is(template, "valve");
    assert.equal(
      files,
      readdirSync("empty", { recursive: true })
        .filter((name) => name !== "scenario")
        .sort(),
    );
    assert.equal(next, ["cd empty", "npm install", "npm start"]);
  } finally {
    process.chdir(here);
  }
});

test("what a module says of its memory and globals is read as it was written", () => {
  const wasm = (name: string): Uint8Array => new Uint8Array(readFileSync(join(ROOT, "build", name)));
  assert.equal(sections.read(wasm("device.wasm")), { memory: { first: 1, most: 1 }, mutables: 0 });
  assert.is(build.unfit(wasm("valve.wasm")), null);
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  // (memory 2) (global (mut i64) (i64.const -129)) (global f64 (f64.const 0)) (global (mut i32) (i32.const 0))
  const globals = [
    3, 0x7e, 1, 0x42, 0xff, 0x7e, 0x0b, 0x7c, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x0b, 0x7f, 1, 0x41, 0, 0x0b,
  ];
  const bytes = Uint8Array.from([...header, 5, 3, 1, 0, 2, 6, globals.length, ...globals]);
  assert.ok(WebAssembly.validate(bytes));
  assert.equal(sections.read(bytes), { memory: { first: 2, most: null }, mutables: 2 });
});

test.run();
