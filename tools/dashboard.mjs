// Builds build/dashboard.html: the dashboard as one file that asks for nothing else.
//
//   node tools/dashboard.mjs      builds it when a source changed, and prints its size
//
//   host/dashboard/main.ts ── esbuild ──> script ─┐
//   host/dashboard/style.css ── esbuild ──> style ─┴─> host/dashboard/index.html, both inside
//
// In a browser host/dashboard/bytes.ts and sandbox.ts stand in for those of host/device; what commands alone say of boards on a desk is left out. Rule: the same sources give the same bytes, and no
// address stands in the page that a browser would fetch.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const root = resolve(fileURLToPath(new URL("..", import.meta.url)));
const out = join(root, "build/dashboard.html");
const stampFile = join(root, "build/dashboard.stamp");

const twins = {
  name: "browser twins",
  setup(build) {
    build.onResolve({ filter: /\/(bytes|sandbox)\.ts$/ }, ({ path }) => ({
      path: join(root, "host/dashboard", basename(path)),
    }));
  },
};

/** Numbers that commands say at a terminal, of targets and of boards on a desk, and those that no browser provokes: the page never shows one. */
const isCommands = (number) => (number >= 910 && number < 920) || [931, 932].includes(number) || number >= 940;

/** Leaves those numbers and their words out: each is a line of its own. */
const without = {
  name: "without the commands' own words",
  setup(build) {
    const number = /^export const (\w+) = (\d+);.*\n/gm;
    const refusals = readFileSync(join(root, "host/wire/refusal.ts"), "utf8");
    const own = [...refusals.matchAll(number)].filter(([, , n]) => isCommands(Number(n))).map(([, name]) => name);
    const lines = new RegExp(`^(?:export const|) +(?:${own.join("|")})(?: =|:) .*\\n`, "gm");
    build.onLoad({ filter: /host\/wire\/(refusal|words)\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(lines, ""),
      loader: "ts",
    }));
  },
};

/** The page, and the files it was made of. */
export async function bundle() {
  const esbuild = await import("esbuild");
  const common = {
    bundle: true,
    minify: true,
    write: false,
    absWorkingDir: root,
    logLevel: "silent",
    legalComments: "none",
  };
  const script = await esbuild.build({
    ...common,
    entryPoints: ["host/dashboard/main.ts"],
    format: "iife",
    target: "es2022",
    charset: "utf8",
    metafile: true,
    plugins: [twins, without],
  });
  const style = await esbuild.build({ ...common, entryPoints: ["host/dashboard/style.css"], target: "chrome110" });
  const text = ({ outputFiles }) => outputFiles[0].text.trim();
  const code = text(script).replaceAll("</script", "<\\/script");
  const html = readFileSync(join(root, "host/dashboard/index.html"), "utf8")
    .replace(/\n/g, "")
    .replace("</head>", () => `<style>${text(style)}</style></head>`)
    .replace("</body>", () => `<script>${code}</script></body>`);
  const inputs = [...Object.keys(script.metafile.inputs), "host/dashboard/style.css", "host/dashboard/index.html"];
  return { html, inputs: inputs.map((path) => path.replaceAll("\\", "/")), metafile: script.metafile };
}

/** One hash of these files, of this one, of the lock file and of what was built; null when something is missing. */
function fingerprint(inputs) {
  const hash = createHash("sha256");
  for (const path of [...inputs, "tools/dashboard.mjs", "package-lock.json", "build/dashboard.html"]) {
    if (!existsSync(join(root, path))) return null;
    hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest("hex");
}

function stamp() {
  try {
    return JSON.parse(readFileSync(stampFile, "utf8"));
  } catch {
    return { inputs: [], hash: "" }; // none, or torn: built anew
  }
}

function write(path, text) {
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}

/** Brings build/dashboard.html up to date; true when it had to be built. */
export async function buildDashboard() {
  const known = stamp();
  if (known.hash !== "" && fingerprint(known.inputs) === known.hash) return false;
  mkdirSync(join(root, "build"), { recursive: true });
  const { html, inputs } = await bundle();
  write(out, html);
  write(stampFile, JSON.stringify({ inputs, hash: fingerprint(inputs) }) + "\n");
  return true;
}

/** Bytes of the page after gzip at its best level. */
export const gzipSize = (html) => gzipSync(html, { level: 9 }).length;

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const made = await buildDashboard();
  const html = readFileSync(out);
  console.log(
    `${made ? "built" : "unchanged"}: build/dashboard.html, ${html.length} bytes, ${gzipSize(html)} after gzip`,
  );
}
