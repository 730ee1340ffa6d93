// Makes a clone ready for a command: packages, system tools, build. Plain JavaScript, no dependency: it runs first.
//
//   node tools/setup.mjs start|build|size|bench|test
//
//   Node >= 20.17 -> npm ci, when package-lock.json changed -> C compiler and the tools of this command -> tools/build.mjs
//
// Root on a Debian system: missing tools are installed. Otherwise the exact line to type is printed; then a missing C
// compiler ends the run, a missing emulator only skips what needs it. Under CI=true every missing tool ends the run.
// Rule: exit 3 means that the machine lacks something, and the last line says what to type.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { say, step } from "./progress.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const ENVIRONMENT = 3;
const ci = process.env.CI === "true";

class Missing extends Error {}

// ---- what each command needs -------------------------------------------------------------------------------------

/** True when a program of this name is on PATH. */
const onPath = (name) => process.env.PATH.split(delimiter).some((d) => d && existsSync(join(d, name)));

const cCompiler = () => [process.env.CC, "clang", "gcc", "cc"].find((c) => c && onPath(c.split(" ")[0]));

/** True when the C compiler finds this header. */
function header(name) {
  const cc = cCompiler();
  if (!cc) return false;
  return (
    spawnSync(cc, ["-E", "-x", "c", "-"], { input: `#include <${name}>\n`, stdio: ["pipe", "ignore", "ignore"] })
      .status === 0
  );
}

/** True when the ARM compiler has a C library for the boards. */
function newlib() {
  if (!onPath("arm-none-eabi-gcc")) return false;
  const found = spawnSync("arm-none-eabi-gcc", ["-print-file-name=libc.a"], { encoding: "utf8" }).stdout.trim();
  return found.includes("/");
}

// a tool: the Debian packages that bring it, how to see that it is there, what it is for
const COMPILER = {
  packages: ["clang", "libc6-dev"],
  there: () => cCompiler() && header("stdint.h"),
  use: "a C compiler, for wasm3",
};
const CLANG = {
  packages: ["clang", "libc6-dev"],
  there: () => onPath("clang") && header("stdint.h"),
  use: "clang, as in all published counts",
};
const QEMU = {
  packages: ["qemu-system-arm"],
  there: () => onPath("qemu-system-arm"),
  use: "QEMU, for the emulated boards",
};
const ARM = {
  packages: ["gcc-arm-none-eabi"],
  there: () => onPath("arm-none-eabi-gcc"),
  use: "the ARM cross compiler",
};
const NEWLIB = { packages: ["libnewlib-arm-none-eabi"], there: newlib, use: "newlib, the C library of the boards" };
const RISCV = {
  packages: ["gcc-riscv64-unknown-elf", "picolibc-riscv64-unknown-elf"],
  there: () => onPath("riscv64-unknown-elf-gcc") && existsSync("/usr/lib/picolibc/riscv64-unknown-elf"),
  use: "the RISC-V cross compiler and its C library",
};
const XTENSA = {
  packages: ["gcc-xtensa-lx106", "picolibc-xtensa-lx106-elf"],
  there: () => onPath("xtensa-lx106-elf-gcc") && existsSync("/usr/lib/xtensa-lx106-elf/lib/libc.a"),
  use: "the Xtensa cross compiler and its C library",
};
const MISC = {
  packages: ["qemu-system-misc"],
  there: () => onPath("qemu-system-riscv32") && onPath("qemu-system-xtensa"),
  use: "QEMU for RISC-V and Xtensa",
};
const VALGRIND = {
  packages: ["valgrind", "libc6-dbg"],
  there: () => onPath("valgrind"),
  use: "valgrind, which counts instructions",
};
const SODIUM = { packages: ["libsodium-dev"], there: () => header("sodium.h"), use: "libsodium, the rival" };
const CHROMIUM = {
  packages: ["chromium"],
  there: () => onPath("chromium"),
  use: "Chromium, for the tests of the dashboard",
};
const CMAKE = {
  packages: ["cmake", "make"],
  there: () => onPath("cmake") && onPath("make"),
  use: "CMake, for the release's tests",
};
const FORMAT = { packages: ["clang-format"], there: () => onPath("clang-format"), use: "clang-format, for C" };
const CPPCHECK = { packages: ["cppcheck"], there: () => onPath("cppcheck"), use: "cppcheck, which reads the C" };

const COMMANDS = {
  start: [COMPILER],
  build: [COMPILER],
  size: [COMPILER],
  bench: [CLANG, VALGRIND, SODIUM, QEMU, ARM, NEWLIB, MISC, RISCV, XTENSA],
  test: [CLANG, QEMU, ARM, NEWLIB, MISC, RISCV, XTENSA, VALGRIND, SODIUM, FORMAT, CPPCHECK, CMAKE, CHROMIUM],
};
const INDISPENSABLE = { start: true, build: true, size: true, bench: true, test: false };

// ---- running things ----------------------------------------------------------------------------------------------

/** Runs a program quietly; its output is shown only when it fails. Resolves to its exit code. */
function run(program, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
    const heard = [];
    child.stdout.on("data", (d) => heard.push(d));
    child.stderr.on("data", (d) => heard.push(d));
    child.on("error", (error) => done({ code: 127, heard: error.message }));
    child.on("close", (code) => done({ code: code ?? 1, heard: Buffer.concat(heard).toString() }));
  });
}

const tail = (text) => text.trim().split("\n").slice(-15).join("\n");

// ---- npm packages ------------------------------------------------------------------------------------------------

const marker = join(root, "node_modules/.synod");
const lockHash = () =>
  createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");

function packagesCurrent() {
  if (existsSync(marker)) return readFileSync(marker, "utf8") === lockHash();
  const byHand = join(root, "node_modules/.package-lock.json"); // npm's own record, when npm ci was typed by hand
  return existsSync(byHand) && statSync(byHand).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

async function installPackages() {
  if (!packagesCurrent()) {
    const script = process.env.npm_execpath; // the npm that started us, else the one on PATH
    const [program, args] = script?.endsWith(".js") ? [process.execPath, [script, "ci"]] : ["npm", ["ci"]];
    const { code, heard } = await step("installing npm packages", () => run(program, args));
    if (code !== 0)
      throw new Missing(
        `npm ci failed:\n${tail(heard)}\nCheck the network and the npm registry settings, then type: npm ci`,
      );
  }
  if (!existsSync(marker) || readFileSync(marker, "utf8") !== lockHash()) writeFileSync(marker, lockHash());
}

// ---- system packages ---------------------------------------------------------------------------------------------

const canInstall = () => process.getuid?.() === 0 && existsSync("/etc/debian_version") && onPath("apt-get");

async function aptInstall(packages) {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  const lists = "/var/lib/apt/lists";
  const update = () => step("reading Debian's package lists", () => run("apt-get", ["update", "-q"], options));
  const fresh = existsSync(lists) && readdirSync(lists).some((f) => f.includes("_Packages"));
  if (!fresh) await update();
  const install = () =>
    step(`installing ${packages.join(" ")}`, () =>
      run("apt-get", ["install", "-qy", "--no-install-recommends", ...packages], options),
    );
  let result = await install();
  if (result.code !== 0 && fresh) {
    await update(); // the lists may name versions that are gone
    result = await install();
  }
  return result;
}

async function systemTools(command) {
  const missing = () => COMMANDS[command].filter((t) => !t.there());
  const first = missing();
  if (first.length === 0) return;
  const packages = [...new Set(first.flatMap((t) => t.packages))];
  const typed = `sudo apt-get install --no-install-recommends ${packages.join(" ")}`;
  let why = "";
  if (canInstall()) {
    const { code, heard } = await aptInstall(packages);
    if (code !== 0) why = `apt-get failed:\n${tail(heard)}\n`;
  }
  const still = missing();
  if (still.length === 0) return;
  const words = `${why}missing: ${still.map((t) => t.use).join("; ")}\n`;
  const hint = existsSync("/etc/debian_version")
    ? `type: ${typed}`
    : `install what your system calls: ${packages.join(" ")}`;
  if (ci || INDISPENSABLE[command] || !cCompiler()) throw new Missing(`${words}${hint}`);
  say(`${words}${hint}\ngoing on without: the tests that need them say "skipped"`);
}

// ---- the whole ---------------------------------------------------------------------------------------------------

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 17)) return;
  throw new Missing(`Node ${process.versions.node} is too old; install Node 20.17 or newer`);
}

async function main(command) {
  if (!(command in COMMANDS)) {
    say(`usage: node tools/setup.mjs ${Object.keys(COMMANDS).join("|")}`);
    return 2;
  }
  try {
    checkNode();
    await installPackages();
    await systemTools(command);
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    say(error.message);
    return ENVIRONMENT;
  }
  try {
    const { build } = await import("./build.mjs");
    const made = await build(command === "start" ? ["device", "node"] : undefined); // no test hooks for a first look
    if (command === "build")
      say(made.length > 0 ? `built ${made.join(", ")}` : "nothing to build: sources are unchanged");
    return 0;
  } catch (error) {
    say(error.message);
    return 1;
  }
}

process.exitCode = await main(process.argv[2]);
