// Images for boards without an operating system, and the emulators that run them.
//
//   buildImage({ board, main, wasm })    build/BOARD-NAME.elf: boards/bare, the board's own folder, wasm3, the runtime, a module
//   runImage({ board, elf, tape })       replays a tape on it, returns what it printed
//   emulator(board, elf, words)          program and arguments, for who talks to it meanwhile (board.ts)
//   images.mjs BOARD WASM IMAGE.elf      an image of a device that lives (host/live/qemu.ts)
//
// Rule: an instruction is a nanosecond (`-icount shift=0`), so every run of an image prints the same to the byte.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LENIENT, built, have, headers, make, paths, sources } from "./boards.mjs";

const BARE = dirname(sources("bare", "board.h")[0]);
const CORTEXM = dirname(sources("cortexm", "cortexm.h")[0]);
const RUNTIME = ["engine.c", "sandbox.c", "shape.c", "node.c", "box.c", "trace.c", "replay.c"];
const STATION = ["line.c", "station.c"];
const MACHINES = JSON.parse(readFileSync(join(BARE, "..", "machines.json"), "utf8"));
const ARM = "arm-none-eabi-gcc";
const arm = (...cpu) => ({
  cc: ARM,
  packages: { [ARM]: ["gcc-arm-none-eabi", "libnewlib-arm-none-eabi"], "qemu-system-arm": ["qemu-system-arm"] },
  flags: [...cpu, "-mthumb", "-mfloat-abi=soft", "--specs=nano.specs"],
  link: ["--specs=nosys.specs"],
  qemu: "qemu-system-arm",
});

const ALONE = ["-net", "none", "-serial", "null"];

/** The MPS2 board with one of its FPGA images. */
const mps2 = (an, cpu, script = "mps2/mps2.ld") => ({
  ...arm(cpu, `-DAN=${an}`),
  files: [
    ["bare", "semihost.c"],
    ["cortexm", "start.c"],
    ["mps2", "chip.c"],
  ],
  live: [
    ["bare", "regions.c", "filed.c"],
    ["cortexm", "live.c"],
    ["mps2", "live.c", "lan9118.c"],
  ],
  script,
  machine: [...MACHINES[`an${an}`].machine, ...ALONE],
});

/** By name: how an image is compiled, and what runs it. `script` is the linker's. */
export const BOARDS = {
  stm32f405: {
    ...arm("-mcpu=cortex-m4"),
    files: [
      ["bare", "semihost.c"],
      ["cortexm", "start.c"],
      ["stm32f405", "chip.c"],
    ],
    live: [
      ["bare", "regions.c", "filed.c", "noradio.c"],
      ["cortexm", "live.c"],
      ["stm32f405", "live.c", "emulated.c"],
    ],
    script: "stm32f405/chip.ld",
    onChip: {
      files: [
        ["bare", "regions.c", "noradio.c"],
        ["cortexm", "start.c", "live.c"],
        ["stm32f405", "chip.c", "live.c", "clock.c", "flash.c", "rng.c", "alone.c"],
      ],
      script: "stm32f405/device.ld",
    },
    emulated: ["-Wl,--defsym=BANK2=0x20020000"], // QEMU has no CCM there
    machine: [...MACHINES.stm32f405.machine, ...ALONE],
  },
  an385: mps2(385, "-mcpu=cortex-m3"),
  an386: mps2(386, "-mcpu=cortex-m4"),
  an505: mps2(505, "-mcpu=cortex-m33", "mps2/an505.ld"),
  riscv: {
    cc: "riscv64-unknown-elf-gcc",
    packages: {
      "riscv64-unknown-elf-gcc": ["gcc-riscv64-unknown-elf", "picolibc-riscv64-unknown-elf"],
      "qemu-system-riscv32": ["qemu-system-misc"],
    },
    flags: ["-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"],
    own: { "start.S": ["-march=rv32imc_zicsr"] }, // a multilib of that name is the wrong one for the rest
    link: ["-Wl,--no-relax"],
    files: [
      ["bare", "semihost.c"],
      ["riscv", "start.S"],
    ],
    live: [
      ["bare", "regions.c", "filed.c", "noradio.c"],
      ["riscv", "live.c"],
    ],
    script: "riscv/virt.ld",
    qemu: "qemu-system-riscv32",
    machine: [...MACHINES.riscv.machine, ...ALONE],
  },
  lx106: {
    cc: "xtensa-lx106-elf-gcc",
    packages: {
      "xtensa-lx106-elf-gcc": ["gcc-xtensa-lx106", "picolibc-xtensa-lx106-elf"],
      "qemu-system-xtensa": ["qemu-system-misc"],
    },
    flags: ["-mlongcalls", "-mtext-section-literals", "-isystem", "/usr/lib/xtensa-lx106-elf/include"],
    link: ["-L/usr/lib/xtensa-lx106-elf/lib", "-lc", "-lgcc"],
    files: [["xtensa", "start.S", "semihost.c", "arithmetic.c"]],
    script: "xtensa/sim.ld",
    qemu: "qemu-system-xtensa",
    machine: ["-M", "sim", "-cpu", "lx106", "-serial", "none"], // its simcall writes to a serial line when there is one,
  },
};

/** What an image of this board needs and this machine lacks: names of Debian packages, none when all is there. */
export function missingFor(board) {
  return Object.entries(BOARDS[board].packages).flatMap(([program, names]) => (have(program) ? [] : names));
}

/** The compiler of a board's images. */
export const compilerOf = (board) => BOARDS[board].cc;

/** What an image is linked from besides what all have: files of folders, and the linker's script. */
function parts(board, main, chip) {
  const { files, live = [], script, onChip } = BOARDS[board];
  if (main !== "device") return { files, script };
  return chip ? onChip : { files: [...files, ...live], script };
}

/**
 * Builds build/BOARD-NAME.elf around the module at `wasm`; true when it had to be built. `main` is "replay", which replays one tape,
 * "jobs", which calls exports as it is told, or "device", which lives. `chip` builds for the chip's own memory map instead of the emulator's, a device with the chip's drivers; `optimize` is -Os unless
 * said otherwise; `defines` are constants of its C files, as NAME=VALUE; `contracts` is a file
 * that becomes the region of stored modules (jobs), `stack` the bytes of native stack, if not the board's own.
 */
export function buildImage({
  board = "stm32f405",
  wasm = built("device.wasm"),
  main = "replay",
  name = basename(wasm, ".wasm") + (main === "replay" ? "" : `-${main}`),
  chip = false,
  optimize = "-Os",
  contracts = null,
  stack = null,
  defines = [],
  output = paths.image(board, chip ? `${name}-chip` : name),
} = {}) {
  const { cc, flags, link, own = {}, emulated = [] } = BOARDS[board];
  const { files, script } = parts(board, main, chip);
  return make(output, {
    cc,
    ours: [
      ...sources("bare", `${main}.c`, "memory.c", "module.S"),
      ...files.flatMap(([f, ...names]) => sources(f, ...names)),
      ...sources("runtime", ...RUNTIME, ...(main === "device" ? STATION : [])),
    ],
    own,
    banks: true,
    flags: [
      ...flags,
      optimize,
      "-ffunction-sections",
      "-fdata-sections",
      ...LENIENT,
      `-DMODULE="${wasm}"`,
      ...(contracts ? [`-DCONTRACTS="${contracts}"`] : []),
      ...defines.map((d) => `-D${d}`),
      "-I",
      BARE,
      "-I",
      CORTEXM,
    ],
    link: [
      "-nostartfiles",
      "-Wl,--gc-sections",
      "-L",
      join(BARE, ".."),
      "-T",
      join(BARE, "..", script),
      ...(chip ? [] : emulated),
      ...(stack ? [`-Wl,--defsym=STACK=${stack}`] : []),
      ...link,
    ],
    also: [
      join(BARE, "..", script),
      join(CORTEXM, "cortexm.ld"),
      wasm,
      ...(contracts ? [contracts] : []),
      ...headers(BARE),
      ...headers(CORTEXM),
    ],
  });
}

/** The lines that an image prints, as numbers by name. */
function parse(text) {
  const report = { trace: "", ram: {}, each: [], error: null };
  for (const line of text.split("\n")) {
    const [name, ...rest] = line.split(" ");
    if (name === "trace") report.trace = rest[0];
    else if (name === "call") report.each.push(Number(rest[1]));
    else if (name === "ram") report.ram[rest[0]] = Number(rest[1]);
    else if (name === "error" || name.startsWith("fault")) report.error = line.replace(/^error /, "");
    else if (rest.length === 2) report[name] = { used: Number(rest[0]), of: Number(rest[1]) };
    else if (rest.length === 1) report[name] = Number(rest[0]);
  }
  return report;
}

/** Program and arguments that run an image; `words` reach it as its command line. */
export function emulator(board, elf, words = []) {
  const { qemu, machine } = BOARDS[board];
  const given = words.map((w) => `,arg=${w.replaceAll(",", ",,")}`).join("");
  return [
    qemu,
    ...machine,
    ...["-kernel", resolve(elf), "-display", "none", "-monitor", "none", "-icount", "shift=0"],
    ...["-semihosting-config", `enable=on,target=native${given}`],
  ];
}

/**
 * Runs an image with a tape; resolves to what it printed: trace, calls, traps, records, ram {name: bytes}, bank1/bank2/flash/wasm-stack/
 * native-stack {used, of}, functions {used: declared, of: compiled}, instructions {used: total, of: largest}, each (with `each`: instructions of every call), error, status, text. With `box`, a call that traps or
 * faults leaves crash.tape beside the tape. Throws
 * when it does not end in time or prints no trace.
 */
export function runImage({ board = "stm32f405", elf, tape, each = false, box = false, timeoutMs = 120_000 }) {
  const [program, ...args] = emulator(board, elf, [each ? "each" : box ? "box" : "replay", basename(tape)]);
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd: dirname(resolve(tape)), stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (d) => (text += d));
    child.on("error", (error) => (clearTimeout(timer), fail(error)));
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      const report = { ...parse(text), status, text };
      if (signal) fail(new Error(`QEMU did not finish within ${timeoutMs} ms:\n${text}`));
      else if (!report.trace && !report.error) fail(new Error(`QEMU said nothing of use (status ${status}):\n${text}`));
      else done(report);
    });
  });
}

/** `images.mjs BOARD MODULE.wasm IMAGE.elf` */
async function main(board, wasm, output) {
  try {
    if (!Object.hasOwn(BOARDS, board) || !output) throw new Error("images.mjs BOARD MODULE.wasm IMAGE.elf");
    const missing = missingFor(board);
    if (missing.length > 0) throw new Error(`apt-get install ${missing.join(" ")} brings what ${board} is built with`);
    await buildImage({ board, wasm: resolve(wasm), main: "device", output: resolve(output) });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

// without await: who imports this from CommonJS must be able to
if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) void main(...process.argv.slice(2));
