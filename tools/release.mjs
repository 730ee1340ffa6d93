// Makes build/synod-VERSION.tar.gz: what a firmware engineer links, without npm.
//
//   boards/{runtime,posix,bare,template,...}   as in the tree        src/        every .c of it compiled alone, with -I src and no flag
//   boards/package/*                           to the top            module/     the wasm, as a file, a C array and an .incbin
//   wasm3/                                     its core, unchanged   licenses/   INTEGRATION.md  ABI.md  VERSION  SHA256SUMS
//
// src/ is what Arduino and PlatformIO compile: for each file one that includes config.h and then the file itself, so no flag is needed.
//
// Rule: the same tree and the same module give the same bytes. A module of another ABI than this runtime is not packed.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { root } from "./build.mjs";
import { built, wasm3Folder } from "./boards.mjs";
import { say, step } from "./progress.mjs";
import { gzip, tar } from "./tar.mjs";

const HELP = `synod release: the archive that a firmware build links

  npm run release -- [--wasm FILE] [--out FOLDER] [--json]

  --wasm FILE     the module that goes in (default build/device.wasm; build/node.wasm, or your app's)
  --out FOLDER    where the archive is put (default build)
  --json          what was made, as JSON on standard output
  --help          this

Exit status: 0 made, 1 cannot be made, 2 the command line is wrong, 3 something is missing here.
`;

/** Boards that are no reference for a port: binding is Node's, package goes to the top of the archive. */
const LEFT_OUT = new Set(["binding", "package"]);
const KINDS =
  /(\.(c|h|S|ld|md|txt|yml|yaml|json|csv|cmake|properties|projbuild|defaults)|Kconfig|\/sdkconfig\.defaults\.?\w*)$/;
const IGNORED = /^(\.|build$|managed_components$|sdkconfig$)/;

class Missing extends Error {}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const text = (path, words) => ({ path, bytes: Buffer.from(words) });

/** The files below a folder of the tree, by their path there. */
function walk(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (IGNORED.test(entry.name)) return [];
    if (entry.isDirectory()) return walk(path);
    return KINDS.test(path) ? [{ path, bytes: readFileSync(join(root, path)) }] : [];
  });
}

/** A number of the generated header. */
function constant(name) {
  const found = new RegExp(`^#define SYNOD_${name} (\\w+?)u$`, "m").exec(
    readFileSync(join(root, "boards/runtime/abi.h"), "utf8"),
  );
  if (!found) throw new Error(`boards/runtime/abi.h has no SYNOD_${name}; run node tools/abi.mjs`);
  return Number(found[1]);
}

/** What a module says that its ABI is, as major.minor. Throws when this runtime would refuse it. */
async function moduleAbi(bytes, name) {
  const module = await WebAssembly.compile(bytes).catch(() => {
    throw new Error(`${name} is no WebAssembly module`);
  });
  const imports = {};
  for (const { module: from, name: what, kind } of WebAssembly.Module.imports(module))
    if (kind === "function") (imports[from] ??= {})[what] = () => 0;
  const { abi } = (await WebAssembly.instantiate(module, imports).catch(() => ({ exports: {} }))).exports;
  if (typeof abi !== "function") throw new Error(`${name} is no device: it has no export abi`);
  const [major, minor] = [abi() >>> 16, abi() & 0xffff];
  if (major !== constant("ABI_MAJOR") || minor > constant("ABI_MINOR"))
    throw new Error(
      `${name} has ABI ${major}.${minor}, this runtime carries ${constant("ABI_MAJOR")}.0 to ${constant("ABI_MAJOR")}.${constant("ABI_MINOR")}`,
    );
  return `${major}.${minor}`;
}

// ---- the parts ----

/** wasm3's core, unchanged, and the licences that allow to hand it out. */
function wasm3() {
  const from = wasm3Folder();
  const carrier = join(root, "node_modules/react-native-webassembly/LICENSE");
  const core = readdirSync(from).filter((f) => /^(m3_\w+\.[ch]|wasm3(_defs)?\.h)$/.test(f) && !f.startsWith("m3_api_"));
  const own = [join(from, "LICENSE"), join(from, "../LICENSE")].find(existsSync);
  return [
    ...core.map((f) => ({ path: `wasm3/${f}`, bytes: readFileSync(join(from, f)) })),
    { path: "LICENSE", bytes: readFileSync(join(root, "LICENSE")) },
    { path: "licenses/LICENSE.wasm3", bytes: readFileSync(join(root, "tools/LICENSE.wasm3")) },
    ...(process.env.WASM3_DIR
      ? own
        ? [{ path: "licenses/LICENSE.wasm3-source", bytes: readFileSync(own) }]
        : []
      : [
          {
            path: "licenses/LICENSE.carrier",
            bytes: readFileSync(existsSync(carrier) ? carrier : join(from, "LICENSE.carrier")),
          },
        ]),
  ];
}

/** src/: a file for each .c and .h of the runtime, wasm3 and the module, that brings config.h along. */
function flat(files) {
  const lenient =
    "// What -fwrapv -fno-strict-aliasing say where flags can be given; clang does what they say for code as wasm3's.\n" +
    "#if defined(__GNUC__) && !defined(__clang__)\n" +
    '#pragma GCC optimize("wrapv", "no-strict-aliasing")\n#endif\n';
  return files
    .filter(({ path }) => /^(boards\/runtime|wasm3|module)\/\w+\.[ch]$/.test(path) && !path.endsWith("/libc.c"))
    .map(({ path }) => {
      const name = basename(path);
      const include = `#include "../${path}"\n`;
      const head = `// ${path}, for build systems that compile every file here and know no flags. Generated.\n`;
      if (name.endsWith(".h")) return text(`src/${name}`, head + include);
      if (/^m3_(compile|core|code)\.c$/.test(name))
        return text(
          `src/${name}`,
          `${head}// fuse.c or core.c includes it; alone it is empty.\n#ifdef SYNOD_INCLUDED\n${include}#endif\n`,
        );
      const fuse = /^(fuse|core)\.c$/.test(name) ? "#define SYNOD_INCLUDED\n" : "";
      return text(`src/${name}`, `${head}${lenient}#include "config.h"\n${fuse}${include}`);
    });
}

/** module/: the wasm in every form that a linker takes. */
function module(wasm, name) {
  const sum = sha256(wasm);
  const about = `// ${name}, ${wasm.length} bytes, SHA-256 ${sum}. Generated.\n`;
  const rows = wasm
    .toString("hex")
    .match(/.{1,32}/g)
    .map((row) => row.replace(/../g, "0x$&,"));
  const array = `#include "synod_module.h"\nconst uint8_t synod_module[] = {\n${rows.join("\n")}\n};\nconst uint32_t synod_module_size = ${wasm.length};\n`;
  const incbin =
    '    .section .rodata.synod_module, "a"\n    .global synod_module, synod_module_size\n    .balign 4\n' +
    `synod_module:\n    .incbin "device.wasm"\n    .balign 4\nsynod_module_size:\n    .4byte ${wasm.length}\n`;
  return [
    { path: "module/device.wasm", bytes: wasm },
    text("module/device.wasm.sha256", `${sum}  device.wasm\n`),
    text("module/synod_module.c", about + array),
    text("module/synod_module.S", `${about}// Assembled with -I module; in place of synod_module.c.\n${incbin}`),
  ];
}

/** What lies in boards/package, where it belongs in the archive. */
function packaged(version) {
  return walk("boards/package").flatMap(({ path, bytes }) => {
    const name = path.slice("boards/package/".length);
    if (name === "README.md") return [];
    const at = name.endsWith(".cmake") ? `cmake/${name}` : name;
    return [text(at, bytes.toString("utf8").replaceAll("@VERSION@", version))];
  });
}

/** Pages of docs/: their links into the tree become links into the archive, and VERSION becomes this one. */
const page = (path, from, version) =>
  text(
    path,
    readFileSync(join(root, from), "utf8")
      .replaceAll("](../", "](")
      .replaceAll("](abi.md", "](ABI.md")
      .replaceAll("synod-VERSION", `synod-${version}`),
  );

// ---- the whole ----

/** Makes the archive; what was made. */
export async function release({ wasm = built("device.wasm"), out = built("") } = {}) {
  if (!existsSync(wasm)) throw new Missing(`there is no ${wasm}; run npm run build`);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const bytes = readFileSync(wasm);
  const asks = await moduleAbi(bytes, basename(wasm));
  const abi = `${constant("ABI_MAJOR")}.${constant("ABI_MINOR")}`;
  const line = constant("LINE_VERSION");
  const core = wasm3();
  const wasm3Version = /M3_VERSION +"([^"]+)"/.exec(core.find((f) => f.path === "wasm3/wasm3.h").bytes.toString())?.[1];
  const boards = readdirSync(join(root, "boards"), { withFileTypes: true });
  const compiled = [...core, ...module(bytes, basename(wasm)), ...packaged(version)];
  const folders = boards
    .filter((e) => e.isDirectory() && !LEFT_OUT.has(e.name))
    .flatMap((e) => walk(`boards/${e.name}`));
  const files = [
    ...compiled,
    ...folders,
    ...flat([...compiled, ...folders]),
    ...["boards/README.md", "CHANGELOG.md", "ERRORS.md"].map((path) => ({
      path,
      bytes: readFileSync(join(root, path)),
    })),
    page("INTEGRATION.md", "docs/integration.md", version),
    page("ABI.md", "docs/abi.md", version),
    text(
      "VERSION",
      `synod ${version}\nabi ${abi}\nline ${line}\nwasm3 ${wasm3Version}\nmodule ${sha256(bytes)} abi ${asks}\n`,
    ),
  ];
  const byPath = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const sums = byPath.map((file) => `${sha256(file.bytes)}  ${file.path}\n`).join("");
  const archive = tar([...files, text("SHA256SUMS", sums)].map((f) => ({ ...f, path: `synod-${version}/${f.path}` })));
  const packed = gzip(archive);
  const file = join(resolve(out), `synod-${version}.tar.gz`);
  mkdirSync(resolve(out), { recursive: true });
  writeFileSync(file, packed);
  return {
    file,
    bytes: packed.length,
    sha256: sha256(packed),
    tar: { bytes: archive.length, sha256: sha256(archive) },
    files: files.length + 1,
    version,
    abi,
    line,
    wasm3: wasm3Version,
    module: { file: wasm, bytes: bytes.length, sha256: sha256(bytes), abi: asks },
  };
}

function wrong(words) {
  say(`${words}; npm run release -- --help says what may be said`);
  return 2;
}

async function main(words) {
  let values;
  try {
    const options = {
      wasm: { type: "string" },
      out: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    };
    ({ values } = parseArgs({ args: words, options }));
  } catch (error) {
    return wrong(error.message.split("\n")[0]);
  }
  if (values.help) return void process.stdout.write(HELP) ?? 0;
  try {
    const made = await step("packing the release", () => release({ wasm: values.wasm, out: values.out }));
    if (values.json) process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
    else
      process.stdout.write(
        `${made.file}\n${(made.bytes / 1024).toFixed(0)} KiB, ${made.files} files, ABI ${made.abi}, wasm3 ${made.wasm3}\n` +
          `sha256 ${made.sha256}\nmodule ${made.module.sha256}\n`,
      );
    return 0;
  } catch (error) {
    say(error.message);
    return error instanceof Missing ? 3 : 1;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = await main(process.argv.slice(2));
