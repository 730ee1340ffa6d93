// The release: the same bytes each time, whole by its own sums, and of use to every build system that it names, without the tree.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { spawnSync } from "node:child_process";
import { gunzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as abi from "../../firmware/wire/abi.ts";
import { root } from "../../tools/build.mjs";
import { release } from "../../tools/release.mjs";
import { lacking } from "../boards/board.ts";
import { away, cmake, port, ran, unpacked, type Unpacked } from "./archive.ts";

const there = !lacking("tar");
const archive = there ? await unpacked("first") : null;
const read = (of: Unpacked, path: string): string => readFileSync(join(of.root, path), "utf8");
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Every file below a folder, by its path there. */
function below(folder: string, at = ""): string[] {
  return readdirSync(join(folder, at), { withFileTypes: true }).flatMap((entry) => {
    const path = join(at, entry.name);
    return entry.isDirectory() ? below(folder, path) : [path];
  });
}

const tool = (...words: string[]) =>
  spawnSync(process.execPath, [join(root, "tools/release.mjs"), ...words], { encoding: "utf8" });

test("the same tree gives the same bytes, whatever the clock, the user and the time zone", async () => {
  if (!archive) return;
  const out = join(away, "again");
  const said = spawnSync(process.execPath, [join(root, "tools/release.mjs"), "--out", out, "--json"], {
    encoding: "utf8",
    env: { ...process.env, TZ: "Asia/Tokyo", USER: "somebody", LANG: "de_DE" },
  });
  assert.is(said.status, 0, said.stderr);
  const made = JSON.parse(said.stdout) as typeof archive.made;
  assert.is(made.sha256, archive.made.sha256);
  assert.equal(readFileSync(made.file), readFileSync(archive.made.file));
  assert.is(sha256(gunzipSync(readFileSync(made.file))), made.tar.sha256);
});

test("another module gives another archive, and only its own files differ", async () => {
  if (!archive) return;
  const other = await release({ wasm: join(root, "build/node.wasm"), out: join(away, "node") });
  assert.is.not(other.sha256, archive.made.sha256);
  assert.is(other.module.sha256, sha256(readFileSync(join(root, "build/node.wasm"))));
  await ran("tar", ["xzf", other.file], join(away, "node"));
  const folder = join(away, "node", basename(archive.root));
  const differ = below(archive.root).filter(
    (path) => !readFileSync(join(folder, path)).equals(readFileSync(join(archive.root, path))),
  );
  const module = ["device.wasm", "device.wasm.sha256", "synod_module.S", "synod_module.c"].map((f) => `module/${f}`);
  assert.equal(differ.sort(), ["SHA256SUMS", "VERSION", ...module]);
});

test("it is whole by its own sums, and says what it holds", () => {
  if (!archive) return;
  const sums = read(archive, "SHA256SUMS").trim().split("\n");
  const listed = sums.map((line) => line.split("  "));
  assert.equal(
    listed.map(([, path]) => path).sort(),
    below(archive.root)
      .filter((p) => p !== "SHA256SUMS")
      .sort(),
  );
  for (const [sum, path] of listed) assert.is(sum, sha256(readFileSync(join(archive.root, path))), path);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const module = sha256(readFileSync(join(root, "build/device.wasm")));
  assert.is(
    read(archive, "VERSION"),
    `synod ${version}\nabi ${abi.MAJOR}.${abi.MINOR}\nline 2\nwasm3 0.5.0\nmodule ${module} abi ${abi.MAJOR}.${abi.MINOR}\n`,
  );
  for (const path of ["LICENSE", "licenses/LICENSE.wasm3", "INTEGRATION.md", "ABI.md", "boards/template/port.c"])
    assert.ok(existsSync(join(archive.root, path)), path);
});

test("all of the runtime is in it, and wasm3 unchanged; nothing of Node or of a build", () => {
  if (!archive) return;
  for (const file of readdirSync(join(root, "boards/runtime")))
    assert.equal(
      readFileSync(join(archive.root, "boards/runtime", file)),
      readFileSync(join(root, "boards/runtime", file)),
    );
  for (const file of readdirSync(join(archive.root, "wasm3")).filter(() => !process.env.WASM3_DIR))
    assert.equal(
      readFileSync(join(archive.root, "wasm3", file)),
      readFileSync(join(root, "node_modules/react-native-webassembly/cpp", file)),
    );
  const strange = below(archive.root).filter((p) => /\.(ts|mjs|js|o|a|elf)$|node_modules|^build|binding/.test(p));
  assert.equal(strange, []);
  for (const path of below(archive.root)) assert.is(statSync(join(archive.root, path)).mtimeMs, 1577836800000, path);
});

test("links of its pages lead to files that are in it", () => {
  if (!archive) return;
  for (const page of ["INTEGRATION.md", "ABI.md"])
    for (const [, to] of read(archive, page).matchAll(/\]\((?!https?:)([^)#]+)/g))
      assert.ok(existsSync(join(archive.root, dirname(page), to)), `${page}: ${to}`);
});

test("the manifests have what their systems require, and name files that exist", () => {
  if (!archive) return;
  const { version } = archive.made;
  const json = JSON.parse(read(archive, "library.json")) as Record<string, unknown> & { headers: string[] };
  assert.is(json.version, version);
  for (const key of ["name", "version", "description", "keywords", "license"]) assert.type(json[key], "string", key);
  const { srcDir, includeDir } = json.build as { srcDir: string; includeDir: string };
  for (const header of json.headers) assert.ok(existsSync(join(archive.root, includeDir, header)), header);
  assert.ok(existsSync(join(archive.root, srcDir)));
  const properties = new Map(
    read(archive, "library.properties")
      .trim()
      .split("\n")
      .map((line) => line.split(/=(.*)/).slice(0, 2) as [string, string]),
  );
  const required = [
    "name",
    "version",
    "author",
    "maintainer",
    "sentence",
    "paragraph",
    "category",
    "url",
    "architectures",
  ];
  for (const key of required) assert.ok(properties.get(key), key);
  assert.is(properties.get("version"), version);
  assert.match(properties.get("name")!, /^[A-Za-z][\w .-]{0,62}$/);
  for (const header of properties.get("includes")!.split(",")) assert.ok(existsSync(join(archive.root, "src", header)));
  const module = read(archive, "zephyr/module.yml").replace(/#.*\n/, "");
  assert.is(module, "name: synod\nbuild:\n  cmake: zephyr\n  kconfig: zephyr/Kconfig\n");
  assert.match(read(archive, "zephyr/Kconfig"), /^config SYNOD\n\tbool /m);
});

/** What Zephyr's functions do with their words, as far as a list of files and flags goes. */
const ZEPHYR = `
cmake_minimum_required(VERSION 3.20)
project(app C)
set(CONFIG_SYNOD y)
set(CONFIG_SYNOD_EMBED y)
macro(zephyr_library_named name)
  set(lib \${name})
  add_library(\${name} STATIC "")
endmacro()
macro(zephyr_library_sources)
  target_sources(\${lib} PRIVATE \${ARGN})
endmacro()
macro(zephyr_library_compile_options)
  target_compile_options(\${lib} PRIVATE \${ARGN})
endmacro()
macro(zephyr_library_compile_definitions)
  target_compile_definitions(\${lib} PRIVATE \${ARGN})
endmacro()
macro(zephyr_include_directories)
  include_directories(\${ARGN})
endmacro()
add_subdirectory(ARCHIVE/zephyr synod)
`;

test("Zephyr's list has each file of the runtime and of wasm3 once, with the flags that they need", async () => {
  if (!archive || lacking("cmake", "cc")) return;
  const folder = join(away, "zephyr");
  mkdirSync(folder);
  writeFileSync(join(folder, "CMakeLists.txt"), ZEPHYR.replace("ARCHIVE", archive.root));
  await ran("cmake", ["-S", folder, "-B", join(folder, "build"), "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"]);
  const commands = JSON.parse(readFileSync(join(folder, "build/compile_commands.json"), "utf8")) as {
    command: string;
    file: string;
  }[];
  const wanted = below(archive.root)
    .filter((p) => /^(boards\/runtime|wasm3)\/\w+\.c$/.test(p) && !/(m3_(compile|core|code)|\/libc)\.c$/.test(p))
    .concat("module/synod_module.c");
  assert.equal(commands.map((c) => c.file.slice(archive.root.length + 1)).sort(), wanted.sort());
  for (const { command } of commands)
    assert.match(command, /-include \S+boards\/runtime\/config\.h -fwrapv -fno-strict-aliasing/);
});

const CONSUMER = `
cmake_minimum_required(VERSION 3.16)
project(firmware LANGUAGES C)
add_subdirectory(ARCHIVE synod)
add_executable(firmware PORT/port.c)
target_link_libraries(firmware PRIVATE Synod::synod)
synod_embed(firmware WASM)
`;

test("as a subdirectory it builds a port around a module of one's own, and synod-node; installed, it is found again", async () => {
  if (!archive || lacking("cmake", "cc")) return;
  const source = port(archive, "consumer-port");
  const folder = join(away, "consumer");
  mkdirSync(folder);
  const wasm = join(root, "build/node.wasm");
  const words = CONSUMER.replace("ARCHIVE", archive.root).replace("PORT", source).replace("WASM", wasm);
  writeFileSync(join(folder, "CMakeLists.txt"), words);
  const build = await cmake(folder, join(folder, "build"), "-DSYNOD_POSIX=ON");
  assert.match(await ran(join(build, "synod/synod-node"), ["--help"]), "one Synod device as a process");
  const line = spawnSync(join(build, "firmware"), [join(folder, "flash")], { input: "" });
  assert.is(line.status, 0, line.stderr.toString());
  assert.ok(line.stdout.includes(createHash("sha256").update(readFileSync(wasm)).digest()), "it says which module");

  const sdk = join(folder, "sdk");
  await ran("cmake", ["--install", join(build, "synod"), "--prefix", sdk]);
  const options = [`-DCMAKE_PREFIX_PATH=${sdk}`, `-DMODULE=${wasm}`];
  const installed = await cmake(source, join(source, "build"), ...options);
  const again = spawnSync(join(installed, "port"), [join(folder, "flash")], { input: "" });
  assert.match(again.stderr.toString(), /^port: booted, reason 0$/m);

  // another interface is not taken for this one, nor a text for a module
  const picky = join(away, "picky");
  mkdirSync(picky);
  for (const [asked, found] of [
    ["0.1", true],
    ["0.2", false],
    ["1.0", false],
  ] as const) {
    const lists = `cmake_minimum_required(VERSION 3.16)\nproject(picky NONE)\nfind_package(Synod ${asked} QUIET PATHS ${sdk})\nmessage("FOUND=\${Synod_FOUND}")\n`;
    writeFileSync(join(picky, "CMakeLists.txt"), lists);
    const said = spawnSync("cmake", ["-S", picky, "-B", join(picky, `build-${asked}`)], { encoding: "utf8" });
    assert.match(said.stdout + said.stderr, `FOUND=${found ? 1 : 0}`, asked);
  }
  const script = join(archive.root, "cmake/SynodEmbed.cmake");
  const bad = [`-DWASM=${join(root, "package.json")}`, `-DOUT=${join(picky, "x.c")}`, "-P", script];
  assert.match(spawnSync("cmake", bad, { encoding: "utf8" }).stderr, /is no WebAssembly\s+module/);
});

test("the commands of INTEGRATION.md do what it says", async () => {
  if (!archive || lacking("cmake", "cc", "gcc", "arm-none-eabi-gcc", "sha256sum")) return;
  const folder = join(away, "guide");
  mkdirSync(folder);
  const guide = read(archive, "INTEGRATION.md");
  const blocks = [...guide.matchAll(/^```(\w*)\n([^]*?)^```/gm)];
  assert.ok(blocks.length >= 4 && blocks.every(([, kind]) => kind === "sh"), "every block of the guide is run");
  const script = blocks.map(([, , commands]) => commands).join("");
  await ran("cp", [archive.made.file, folder]);
  const { status, stdout, stderr } = spawnSync("sh", ["-euc", script], { cwd: folder, encoding: "utf8" });
  assert.is(status, 0, `${stdout.slice(-2000)}\n${stderr}`);
  assert.is(stderr.match(/^port: booted, reason 0$/gm)?.length, 2, "both builds of the port boot");
  assert.not.match(stderr, /warning/, "gcc has nothing to say about src/");
  for (const made of ["my.line", "sdk/lib/libsynod.a", "sdk/include/synod/station.h", "flat-port"])
    assert.ok(statSync(join(folder, made)).size > 0, made);
  assert.match(await ran("arm-none-eabi-objdump", ["-f", join(folder, "sdk/lib/libsynod.a")]), "armv7e-m");
});

test("a module that the runtime would refuse is not packed; words and exit status say why", () => {
  const wasm = readFileSync(join(root, "build/device.wasm"));
  const says = (v: number): Buffer => Buffer.from([0x41, (v & 127) | 128, ((v >> 7) & 127) | 128, v >> 14, 0x0b]);
  const at = wasm.indexOf(says((abi.MAJOR << abi.SHIFT) | abi.MINOR));
  const versioned = (major: number, minor: number): string => {
    const bytes = Buffer.from(wasm);
    bytes.set(says((major << abi.SHIFT) | minor), at);
    const path = join(away, `${major}.${minor}.wasm`);
    writeFileSync(path, bytes);
    return path;
  };
  const refused = (path: string, status: number, words: RegExp): void => {
    const said = tool("--wasm", path, "--out", join(away, "none"));
    assert.is(said.status, status, said.stderr);
    assert.match(said.stderr, words);
    assert.is(said.stdout, "");
  };
  refused(versioned(2, 0), 1, /2\.0\.wasm has ABI 2\.0, this runtime carries 1\.0 to 1\.\d/);
  refused(versioned(1, 9), 1, /1\.9\.wasm has ABI 1\.9/);
  refused(join(root, "package.json"), 1, /is no WebAssembly module/);
  refused(join(away, "nowhere.wasm"), 3, /npm run build/);
  assert.not.ok(existsSync(join(away, "none")), "and nothing is left that looks like a release");
  const wrong = tool("--wsam", "x");
  assert.is(wrong.status, 2);
  assert.match(wrong.stderr, /--wsam[^]*--help/);
  assert.match(tool("--help").stdout, /--wasm FILE/);
});

test.run();
