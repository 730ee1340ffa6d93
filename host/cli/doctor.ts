// `synod doctor`: what is on this machine, what does not work without what is missing, and the exact line to type.
//
// needed: without it nothing runs (exit code 3) · optional: the named commands or tests need it

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import kleur from "kleur";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { JSON_SWITCH, type Command } from "./command.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** True where we are an npm package in somebody's project: nothing is built or tested there but what is native. */
const PACKED = !existsSync(join(ROOT, "tools", "setup.mjs"));

interface Tool {
  name: string;
  needed: boolean;
  /** What it is for, read after "without it:". */
  without: string;
  /** Its version, or "" when it is not there. */
  found: () => string;
  /** Debian package; "" when a package manager does not help. */
  debian: string;
  brew: string;
  /** What to type when it is no system package. */
  type?: string;
}

export interface Finding {
  name: string;
  needed: boolean;
  found: boolean;
  version: string;
  without: string;
  type: string;
}

/** The first of these programs on the PATH, or "". */
function which(...names: string[]): string {
  for (const name of names)
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        if (statSync(path).isFile()) return path;
      } catch {
        continue;
      }
    }
  return "";
}

/** What a program says of its version: the first number with a dot in its first lines. */
function version(...names: string[]): string {
  const path = which(...names);
  if (!path) return "";
  const { stdout, stderr } = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 10_000 });
  return /\d+\.\d+[\w.]*/.exec(`${stdout ?? ""}${stderr ?? ""}`)?.[0] ?? "present";
}

/** libsodium's version when the C compiler finds its header. */
function sodium(): string {
  const compiler = which("cc", "gcc", "clang");
  if (!compiler) return "";
  const source = "#include <sodium/version.h>\nVERSION SODIUM_VERSION_STRING\n";
  const { status, stdout } = spawnSync(compiler, ["-E", "-P", "-xc", "-"], { input: source, encoding: "utf8" });
  return status === 0 ? (/VERSION "([^"]+)"/.exec(stdout)?.[1] ?? "present") : "";
}

function packages(): string {
  try {
    const path = createRequire(import.meta.url).resolve("assemblyscript/package.json");
    return `assemblyscript ${JSON.parse(readFileSync(path, "utf8")).version}`;
  } catch {
    return "";
  }
}

const built = (file: string): string => {
  const path = join(ROOT, "build", file);
  return existsSync(path) ? `${statSync(path).size} bytes` : "";
};

/** Size of synod-node, and what it can accelerate by. */
function posix(): string {
  const size = built("synod-node");
  if (!size) return "";
  const { stdout } = spawnSync(join(ROOT, "build/synod-node"), ["--help"], { encoding: "utf8", timeout: 10_000 });
  const by = /^Built with (.+)\.$/m.exec(stdout ?? "")?.[1];
  return `${size}, ${by ? `--accelerate by ${by}` : "without libsodium: no --accelerate"}`;
}

/** Node's version when it is new enough. */
function node(): string {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > 20 || (major === 20 && minor >= 17) ? process.versions.node : "";
}

const BUILD = PACKED ? "npm install synod" : "npm run build";
const NATIVE = PACKED ? `node ${relative(process.cwd(), join(ROOT, "tools", "build.mjs"))} binding posix` : BUILD;
/** What only the tests and figures of a clone need. */
const CLONE = [
  "debug.wasm",
  "clang",
  "clang-format",
  "valgrind",
  "qemu-system-arm",
  "arm-none-eabi-gcc",
  "qemu-system-misc",
  "riscv64-unknown-elf-gcc",
  "xtensa-lx106-elf-gcc",
  "chromium",
];
const TOOLS: Tool[] = [
  { name: "node", needed: true, without: "nothing runs (20.17 or newer)", found: node, debian: "nodejs", brew: "node" },
  {
    name: "npm packages",
    needed: true,
    without: "nothing runs",
    found: packages,
    debian: "",
    brew: "",
    type: PACKED ? "npm install" : "npm ci",
  },
  {
    name: "C compiler (cc)",
    needed: !PACKED,
    without: "neither wasm3 nor synod-node can be built: --engine v8 is all there is",
    found: () => version("cc", "gcc", "clang"),
    debian: "build-essential",
    brew: "gcc",
  },
  {
    name: "device.wasm",
    needed: true,
    without: "no fleet, no keygen, no replay",
    found: () => built("device.wasm"),
    debian: "",
    brew: "",
    type: BUILD,
  },
  {
    name: "wasm3 (build/wasm3.node)",
    needed: false,
    without: "--engine v8 is all there is",
    found: () => built("wasm3.node"),
    debian: "",
    brew: "",
    type: NATIVE,
  },
  {
    name: "synod-node",
    needed: false,
    without: "no --engine posix: devices as processes",
    found: posix,
    debian: "",
    brew: "",
    type: NATIVE,
  },
  {
    name: "dashboard.html",
    needed: false,
    without: "synod up shows a fleet in the terminal only",
    found: () => built("dashboard.html"),
    debian: "",
    brew: "",
    type: BUILD,
  },
  {
    name: "debug.wasm",
    needed: false,
    without: "no vectors, no unit tests of the firmware",
    found: () => built("debug.wasm"),
    debian: "",
    brew: "",
    type: BUILD,
  },
  {
    name: "clang",
    needed: false,
    without: "npm run bench counts for another compiler than its published figures",
    found: () => version("clang"),
    debian: "clang",
    brew: "llvm",
  },
  {
    name: "clang-format",
    needed: false,
    without: "npm run format leaves C files as they are",
    found: () => version("clang-format"),
    debian: "clang-format",
    brew: "clang-format",
  },
  {
    name: "valgrind",
    needed: false,
    without: "npm run bench has no instruction counts",
    found: () => version("valgrind"),
    debian: "valgrind",
    brew: "",
  },
  {
    name: "libsodium",
    needed: false,
    without: PACKED ? "no --accelerate" : "no --accelerate, and npm run bench has no rival beside its figures",
    found: sodium,
    debian: "libsodium-dev",
    brew: "libsodium",
  },
  {
    name: "qemu-system-arm",
    needed: false,
    without: "the STM32F405 image is built but not run",
    found: () => version("qemu-system-arm"),
    debian: "qemu-system-arm",
    brew: "qemu",
  },
  {
    name: "arm-none-eabi-gcc",
    needed: false,
    without: "no STM32F405 image",
    found: () => version("arm-none-eabi-gcc"),
    debian: "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    brew: "arm-none-eabi-gcc",
  },
  {
    name: "qemu-system-misc",
    needed: false,
    without: "the RISC-V and Xtensa images are built but not run",
    found: () => version("qemu-system-riscv32"),
    debian: "qemu-system-misc",
    brew: "qemu",
  },
  {
    name: "riscv64-unknown-elf-gcc",
    needed: false,
    without: "no RISC-V image",
    found: () => version("riscv64-unknown-elf-gcc"),
    debian: "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
    brew: "riscv-gnu-toolchain",
  },
  {
    name: "xtensa-lx106-elf-gcc",
    needed: false,
    without: "no Xtensa image, and npm run bench has no native stack without tail calls",
    found: () => version("xtensa-lx106-elf-gcc"),
    debian: "gcc-xtensa-lx106 picolibc-xtensa-lx106-elf",
    brew: "",
  },
  {
    name: "chromium",
    needed: false,
    without: "the tests of the dashboard are skipped; any browser shows it",
    found: () => version("chromium", "chromium-browser", "google-chrome"),
    debian: "chromium",
    brew: "",
  },
];

/** The line that installs a missing tool here. */
function remedy(tool: Tool): string {
  if (tool.type) return tool.type;
  if (process.platform === "darwin") return tool.brew ? `brew install ${tool.brew}` : "not available on macOS";
  if (!which("apt-get")) return `install Debian's ${tool.debian} or its like with your package manager`;
  return `${process.getuid?.() === 0 ? "" : "sudo "}apt-get install -y ${tool.debian}`;
}

/** Looks at everything once. */
export function examine(): Finding[] {
  return TOOLS.filter(({ name }) => !PACKED || !CLONE.includes(name)).map((tool) => {
    const version = tool.found();
    const found = version !== "";
    return {
      name: tool.name,
      needed: tool.needed,
      found,
      version,
      without: tool.without,
      type: found ? "" : remedy(tool),
    };
  });
}

function table(findings: Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length)) + 2;
  return findings
    .map(({ name, needed, found, version, without, type }) => {
      if (found) return `${kleur.green("found  ")}  ${name.padEnd(width)}${version}`;
      const state = needed ? kleur.red("MISSING") : kleur.yellow("missing");
      return `${state}  ${name.padEnd(width)}without it: ${without}\n${" ".repeat(width + 9)}${kleur.bold(type)}`;
    })
    .join("\n");
}

export const command: Command = {
  usage: "doctor",
  about: "Say what is installed, what works without the rest, and what to type",
  options: [JSON_SWITCH],
  examples: ["doctor", "doctor --json"],
  async run(values) {
    const findings = examine();
    const ready = findings.every(({ needed, found }) => found || !needed);
    if (flag.on(values, "json")) process.stdout.write(`${JSON.stringify({ ready, findings })}\n`);
    else
      process.stdout.write(
        `${table(findings)}\n\n${ready ? "A fleet runs here: npx synod up" : "Something needed is missing (above, in capitals)."}\n`,
      );
    return ready ? exit.OK : exit.ENVIRONMENT;
  },
};
