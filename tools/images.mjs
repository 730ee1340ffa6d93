// Images for boards without an operating system, and the emulators that run them.
//
//   buildImage({ board, main, wasm })    build/BOARD-NAME.elf: boards/bare, the board's own folder, wasm3, the runtime, a module
//   runImage({ board, elf, tape })       replays a tape on it, returns what it printed
//   emulator(board, elf, words)          program and arguments, for who talks to it meanwhile (board.ts)
//
// Rule: an instruction is a nanosecond (`-icount shift=0`), so every run of an image prints the same to the byte.

import { spawn } from "node:child_process";
import { basename, dirname, join, resolve } from "node:path";
import { LENIENT, built, have, headers, make, paths, sources } from "./boards.mjs";

const BARE = dirname(sources("bare", "board.h")[0]);
const RUNTIME = ["engine.c", "sandbox.c", "shape.c", "node.c", "trace.c", "replay.c"];
const ARM = "arm-none-eabi-gcc";
const arm = (...cpu) => ({
  cc: ARM,
  packages: { [ARM]: ["gcc-arm-none-eabi", "libnewlib-arm-none-eabi"], "qemu-system-arm": ["qemu-system-arm"] },
  flags: [...cpu, "-mthumb", "-mfloat-abi=soft", "--specs=nano.specs"],
  link: ["--specs=nosys.specs"],
  qemu: "qemu-system-arm",
});

/** By name: how an image is compiled, and what runs it. `script` is the linker's. */
export const BOARDS = {
  stm32f405: {
    ...arm("-mcpu=cortex-m4"),
    files: [
      ["bare", "cortexm.c", "semihost.c"],
      ["stm32f405", "chip.c"],
    ],
    script: "stm32f405/chip.ld",
    emulated: ["-Wl,--defsym=BANK2=0x20020000"], // QEMU has no CCM there
    machine: ["-M", "netduinoplus2", "-net", "none", "-serial", "null"],
  },
  an386: {
    ...arm("-mcpu=cortex-m4"),
    files: [
      ["bare", "cortexm.c", "semihost.c"],
      ["mps2", "chip.c"],
    ],
    script: "mps2/an386.ld",
    machine: ["-M", "mps2-an386", "-net", "none", "-serial", "null"],
  },
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
    script: "riscv/virt.ld",
    qemu: "qemu-system-riscv32",
    machine: [
      "-M",
      "virt",
      "-bios",
      "none",
      "-cpu",
      "rv32,a=off,f=off,d=off,mmu=off",
      "-net",
      "none",
      "-serial",
      "null",
    ],
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

/**
 * Builds build/BOARD-NAME.elf around the module at `wasm`; true when it had to be built. `main` is "replay", which replays one tape, or
 * "jobs", which calls exports as it is told. `chip` builds for the chip's own memory map instead of the emulator's; `optimize` is -Os unless
 * said otherwise. `contracts` is a file that becomes the region of stored modules (jobs), `stack` the bytes of native stack, if not the board's own.
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
} = {}) {
  const { cc, flags, link, files, own = {}, script, emulated = [] } = BOARDS[board];
  return make(paths.image(board, chip ? `${name}-chip` : name), {
    cc,
    ours: [
      ...sources("bare", `${main}.c`, "memory.c", "module.S"),
      ...files.flatMap(([f, ...names]) => sources(f, ...names)),
      ...sources("runtime", ...RUNTIME),
    ],
    own,
    flags: [
      ...[...flags, optimize, "-ffunction-sections", "-fdata-sections", ...LENIENT],
      ...[`-DMODULE="${wasm}"`, ...(contracts ? [`-DCONTRACTS="${contracts}"`] : []), "-I", BARE],
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
      join(BARE, "cortexm.ld"),
      wasm,
      ...(contracts ? [contracts] : []),
      ...headers(BARE),
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
 * native-stack {used, of}, functions {used: declared, of: compiled}, instructions {used: total, of: largest}, each (with `each`: instructions of every call), error, status, text. Throws
 * when it does not end in time or prints no trace.
 */
export function runImage({ board = "stm32f405", elf, tape, each = false, timeoutMs = 120_000 }) {
  const [program, ...args] = emulator(board, elf, [each ? "each" : "replay", basename(tape)]);
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
