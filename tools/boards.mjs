// Builds everything in C for this machine: the addon, the tools that count, the device as a process.
//
//   buildBinding()    build/wasm3.node             the addon that host/device/wasm3.ts loads
//   buildTool(name)   build/count, build/count-ops, build/count-fused, build/replay, build/rival
//   buildPosix()      build/synod-node             a device as a process
//
// Rule: nothing is compiled again unless a source, a flag or the compiler changed; nothing is printed, errors are thrown
// with the compiler's own words. wasm3 comes from npm (node_modules/react-native-webassembly/cpp), from build/wasm3 where this
// tree is itself a package of npm (pack.mjs), or from WASM3_DIR.

import { execFile, execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
export const built = (name) => join(root, "build", name);
const RUNTIME = join(root, "boards/runtime");
const FUSE = join(RUNTIME, "fuse.c"); // stands in for wasm3's m3_compile.c, which it includes
const CORE = join(RUNTIME, "core.c"); // stands in for m3_core.c and m3_code.c, which it includes
const MEMORY = { banks: join(RUNTIME, "heap.c"), libc: join(RUNTIME, "libc.c") }; // where wasm3's memory comes from
const LARGEST = /(fuse|m3_compile)\.c$/; // compiled first
export const strictness = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-Wconversion"]; // what our own files must pass
const THEIRS = ["-std=gnu11", "-w"]; // wasm3's files are not ours to mend
// wasm3 multiplies signed integers and reads slots through pointers of several types, trusting both to be defined.
export const LENIENT = ["-fwrapv", "-fno-strict-aliasing", "-DNDEBUG"];
const THREADS = ["-DSYNOD_PER_THREAD=__thread"]; // Node may load the addon in several

// ---- tools of this machine ----

/** The first of these programs that runs, or null. */
export function have(...programs) {
  for (const program of programs) {
    try {
      execFileSync(program, ["--version"], { stdio: "ignore" });
      return program;
    } catch {
      continue;
    }
  }
  return null;
}

/** The C compiler of this machine: $CC, clang (whose wasm3 is the fastest on x86) or cc. */
export function compiler({ clang = true } = {}) {
  const found = process.env.CC || (clang && have("clang")) || have("cc", "gcc");
  if (!found) throw new Error("no C compiler found; on Debian: apt-get install build-essential");
  return found;
}

const versions = new Map();

/** The first line that a compiler says of itself. */
export function version(program) {
  if (!versions.has(program))
    versions.set(program, execFileSync(program, ["--version"], { encoding: "utf8" }).split("\n")[0]);
  return versions.get(program);
}

/** wasm3's folder: upstream keeps its sources in source/, npm's copy in cpp/; our own package brings them in build/wasm3. */
export function wasm3Folder() {
  const given = process.env.WASM3_DIR;
  const places = given
    ? [given, join(given, "source"), join(given, "cpp")]
    : [join(root, "node_modules/react-native-webassembly/cpp"), built("wasm3")];
  const found = places.find((p) => existsSync(join(p, "m3_env.c")));
  if (!found) throw new Error(`no wasm3 in ${places.join(" or ")}${given ? " (WASM3_DIR)" : "; run npm ci"}`);
  return resolve(found);
}

/** The files that make the interpreter's core: not WASI, libc or the tracer. */
function wasm3Files(folder) {
  return readdirSync(folder)
    .filter((f) => /^m3_\w+\.c$/.test(f) && !f.startsWith("m3_api_"))
    .map((f) => join(folder, f))
    .sort();
}

// ---- compiling ----

const run = (program, args, options = {}) =>
  new Promise((done, fail) => {
    execFile(program, args, { cwd: root, maxBuffer: 1 << 24, ...options }, (error, stdout, stderr) => {
      if (error) fail(new Error(`${basename(program)} failed:\n${stderr || stdout || error.message}`));
      else done(stdout);
    });
  });

/** Runs the jobs (functions that return promises), a few at a time. */
async function pool(jobs) {
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) await job();
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
}

/** One hash of the bytes of these files and of `more`. */
function fingerprint(paths, more) {
  const hash = createHash("sha256").update(JSON.stringify(more));
  for (const path of paths) hash.update(`\0${relative(root, path)}\0`).update(readFileSync(path));
  return hash.digest("hex");
}

export const headers = (folder) =>
  readdirSync(folder)
    .filter((f) => f.endsWith(".h"))
    .sort()
    .map((f) => join(folder, f));
const pending = new Map(); // output -> promise, so that two callers in one process share one build

/**
 * Compiles and links `output` unless its stamp says that nothing changed. `ours` is compiled under -Werror, wasm3's files
 * without warnings; both with `flags`. `banks` links boards/runtime/heap.c for memory instead of libc.c. True when something was built.
 */
export function make(output, job) {
  if (!pending.has(output))
    pending.set(
      output,
      makeNow(output, job).finally(() => pending.delete(output)),
    );
  return pending.get(output);
}

async function makeNow(
  output,
  {
    cc,
    ours: mine,
    flags,
    link,
    wasm3 = true,
    fuse = true,
    banks = false,
    also = [],
    skip = [],
    strict = [],
    own = {},
  },
) {
  const folder = wasm3Folder();
  const standIns = { ...(fuse && { "m3_compile.c": FUSE }), ...(banks && { "m3_core.c": CORE, "m3_code.c": null }) };
  const theirs = (wasm3 ? wasm3Files(folder) : [])
    .filter((f) => !skip.includes(basename(f)) && standIns[basename(f)] !== null)
    .map((f) => standIns[basename(f)] ?? f);
  const ours = wasm3 ? [...mine, banks ? MEMORY.banks : MEMORY.libc] : mine;
  const inputs = [...ours, ...theirs, ...headers(folder), ...headers(RUNTIME), ...also];
  const hash = fingerprint(inputs, [version(cc), flags, link, strict, own, strictness, THEIRS]);
  const stamp = `${output}.stamp`;
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return false;
  const objects = join(root, "build/objects", `${basename(output)}.${process.pid}`);
  mkdirSync(objects, { recursive: true });
  const base = [...flags, "-include", join(RUNTIME, "config.h"), "-I", RUNTIME, "-isystem", folder];
  const made = [];
  const compile = (file, options) => async () => {
    const object = join(objects, `${made.length}-${basename(file)}.o`);
    made.push(object);
    await run(cc, [...base, ...options, "-c", file, "-o", object]);
  };
  try {
    await pool([
      ...theirs.sort((a, b) => Number(LARGEST.test(b)) - Number(LARGEST.test(a))).map((f) => compile(f, THEIRS)),
      ...ours.map((f) => compile(f, f.endsWith(".S") ? (own[basename(f)] ?? []) : [...strictness, ...strict])),
    ]);
    await run(cc, [...flags, ...made.sort(), "-o", `${output}.${process.pid}`, ...link]);
    renameSync(`${output}.${process.pid}`, output);
    writeFileSync(stamp, hash);
  } finally {
    rmSync(objects, { recursive: true, force: true });
  }
  return true;
}

/** Paths of files of boards/FOLDER. */
export const sources = (folder, ...names) => names.map((n) => join(root, "boards", folder, n));

// ---- this machine ----

/** Builds the addon; true when it had to be built. `clang: false` takes cc. */
export function buildBinding({ clang = true, output = built("wasm3.node") } = {}) {
  const node = join(dirname(createRequire(import.meta.url).resolve("node-api-headers/package.json")), "include");
  const shared = process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : [];
  return make(output, {
    cc: compiler({ clang }),
    ours: [...sources("binding", "binding.c"), ...sources("runtime", "engine.c", "sandbox.c", "shape.c")],
    flags: ["-O3", "-fPIC", "-fvisibility=hidden", ...LENIENT, ...THREADS, "-DNAPI_VERSION=8", "-isystem", node],
    link: ["-shared", ...shared],
    also: headers(node),
  });
}

const POSIX = join(root, "boards/posix");

/** What the sanitizers need: everything under AddressSanitizer, our own files under UndefinedBehaviorSanitizer too. */
const CAREFUL = ["-O1", "-g", "-fsanitize=address", "-fno-omit-frame-pointer"];
const UNDEFINED = ["-fsanitize=undefined", "-fno-sanitize-recover=undefined"];

const NO_SODIUM = { flags: [], link: [] };

/** What lets boards/posix/native.c use libsodium: nothing where the compiler does not find its headers. */
function sodium(cc) {
  const input = "#include <sodium.h>\n";
  const { status } = spawnSync(cc, ["-E", "-x", "c", "-"], { input, stdio: ["pipe", "ignore", "ignore"] });
  return status === 0 ? { flags: ["-DSYNOD_SODIUM"], link: ["-lsodium"] } : NO_SODIUM;
}

/**
 * Builds build/synod-node; true when it had to be built. `sanitize` builds build/synod-node-san under sanitizers; without `accelerate`
 * libsodium is left out, as where there is none.
 */
export function buildPosix({ clang = true, sanitize = false, accelerate = true, output } = {}) {
  const cc = compiler({ clang: clang && !sanitize });
  const native = accelerate ? sodium(cc) : NO_SODIUM;
  return make(output ?? (sanitize ? paths.posixSan : paths.posix), {
    cc,
    ours: [
      ...sources("posix", "main.c", "options.c", "console.c", "board.c", "native.c", "flash.c", "udp.c", "tape.c"),
      ...sources("runtime", "engine.c", "sandbox.c", "shape.c", "node.c", "box.c", "trace.c"),
    ],
    flags: [...(sanitize ? [...CAREFUL, "-O2"] : ["-O3"]), ...LENIENT, ...native.flags],
    strict: sanitize ? UNDEFINED : [],
    link: [...(sanitize ? ["-fsanitize=undefined"] : []), ...native.link],
    also: headers(POSIX),
  });
}

/** What compiles boards/esp32 where there is no ESP-IDF: stand-ins for its headers. */
const IDF = join(root, "test/boards/idf");
export const idf = ["-D_DEFAULT_SOURCE", "-I", join(root, "boards/esp32"), "-isystem", join(IDF, "include")];
const fake = (...names) => names.map((name) => join(IDF, name));

/** A program of boards/esp32 over a fake ESP32 (test/boards/idf). */
const esp32 = (port, fakes, runtime) => ({
  ours: [
    ...sources("esp32", ...port),
    ...fake("flash.c", "rtos.c", "chip.c", ...fakes),
    ...sources("runtime", ...runtime),
  ],
  flags: [...idf, "-I", IDF],
  link: ["-pthread"],
  also: [join(root, "boards/esp32"), IDF].filter(existsSync).flatMap(headers), // an installed package has no tests
});
const ESP32 = ["flash.c", "nor.c", "random.c"];
const RADIO = ["radio.c", "wifi.c", "espnow.c", "udp.c"];
const ALIVE = ["device.c", "module.c", "sense.c", "uart.c", "sealed.c", "efuse.c", "example/main.c"];

/** The programs for measuring, by name. */
const TOOLS = {
  "fake-esp32": {
    ...esp32(
      [...ESP32, ...RADIO, ...ALIVE],
      ["main.c"],
      ["engine.c", "sandbox.c", "shape.c", "node.c", "box.c", "trace.c", "line.c", "station.c"],
    ),
    banks: true,
  },
  "fake-cut": {
    ...esp32([...ESP32, "nolink.c", "sealed.c", "efuse.c"], ["cut.c"], ["trace.c", "line.c"]),
    wasm3: false,
  },
  "fake-cut-plain": { ...esp32([...ESP32, "nolink.c", "unsealed.c"], ["cut.c"], ["trace.c", "line.c"]), wasm3: false },
  count: { ours: [...sources("binding", "count.c"), ...sources("runtime", "engine.c")] },
  "count-fused": {
    ours: [...sources("binding", "count.c", "ops.c"), ...sources("runtime", "engine.c")],
    flags: ["-Dd_m3EnableOpProfiling=1", "-DCOUNT_OPS"],
    skip: ["m3_info.c"],
    clang: false,
  },
  "count-ops": {
    ours: [...sources("binding", "count.c", "ops.c"), ...sources("runtime", "engine.c")],
    flags: ["-Dd_m3EnableOpProfiling=1", "-DCOUNT_OPS"],
    skip: ["m3_info.c"], // ops.c stands in for it
    fuse: false, // wasm3's own operations are counted
    clang: false, // its musttail refuses the profiling hook
  },
  replay: {
    ours: [
      ...sources("binding", "replay.c"),
      ...sources("runtime", "engine.c", "sandbox.c", "shape.c", "node.c", "box.c", "trace.c", "replay.c"),
    ],
  },
  port: {
    ours: [
      join(root, "test/boards/port.c"),
      ...sources("runtime", "engine.c", "sandbox.c", "shape.c", "node.c", "box.c", "trace.c"),
    ],
  },
  heap: {
    ours: [
      join(root, "test/boards/heap.c"),
      ...sources("runtime", "engine.c", "sandbox.c", "shape.c", "node.c", "box.c", "trace.c"),
    ],
    banks: true,
  },
  desk: { ours: [join(root, "test/live/desk.c")], wasm3: false },
  line: { ours: [join(root, "test/boards/line.c"), ...sources("runtime", "line.c")], wasm3: false },
  station: {
    ours: [
      join(root, "test/boards/station.c"),
      ...sources("runtime", "engine.c", "sandbox.c", "shape.c", "node.c", "box.c", "trace.c", "line.c", "station.c"),
    ],
  },
  native: {
    ours: [
      join(root, "test/boards/native.c"),
      ...sources("posix", "native.c"),
      ...sources("runtime", "engine.c", "sandbox.c", "shape.c", "node.c", "box.c", "trace.c", "replay.c"),
    ],
    flags: ["-I", POSIX],
    also: headers(POSIX),
    sodium: true,
  },
  rival: { ours: sources("binding", "rival.c"), wasm3: false, link: ["-lsodium"] },
};

/**
 * Builds build/NAME; true when it had to be built. `sanitize` builds build/NAME-san: everything under AddressSanitizer, our
 * own files under UndefinedBehaviorSanitizer too.
 */
export function buildTool(name, { clang = true, sanitize = false } = {}) {
  const { flags = [], link = [], sodium: wanted = false, ...tool } = TOOLS[name];
  const cc = compiler({ clang: clang && tool.clang !== false && !sanitize });
  const native = wanted ? sodium(cc) : NO_SODIUM;
  return make(built(sanitize ? `${name}-san` : name), {
    ...tool,
    strict: sanitize ? UNDEFINED : [],
    cc,
    flags: [...(sanitize ? CAREFUL : ["-O3"]), ...LENIENT, ...flags, ...native.flags],
    link: [...(sanitize ? ["-fsanitize=undefined"] : []), ...link, ...native.link],
  });
}

/** The paths of what this file builds. */
export const paths = {
  binding: built("wasm3.node"),
  posix: built("synod-node"),
  posixSan: built("synod-node-san"),
  tool: (name) => built(name),
  image: (board, name) => built(`${board}-${name}.elf`),
};
