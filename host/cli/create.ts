// `synod create NAME`: a project of one's own, in a folder of that name.
//
//   templates/project/          what every project has: package.json, fleet.json, asconfig.json, gitignore
//   templates/TEMPLATE/         what it is about: README.md, scenario/TEMPLATE.ts
//   firmware/apps/TEMPLATE.ts   its app.ts; imports of the framework by its place become imports of the package
//
//   {{name}} the project · {{template}} · {{synod}} where npm finds this package
//
// Rule: nothing that exists is written over; a refused command leaves nothing behind.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TEMPLATES = ["valve", "meter", "node"] as const;
const SHARED = "project";
/** Names that npm gives to nobody, and one that would depend on itself. */
const TAKEN = ["node_modules", "favicon.ico", "synod"];
const NEXT = ["npm install", "npm start"];

/** The nearest name that npm takes, or "". */
function mended(name: string): string {
  const made = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "")
    .slice(0, 64);
  return TAKEN.includes(made) ? `my-${made}` : made;
}

/** A name for a folder and an npm package; throws a Usage that says what is wrong with it. */
function checked(name: string): string {
  const wrong = TAKEN.includes(name)
    ? `"${name}" is taken`
    : name.length > 64
      ? "a project's name has at most 64 characters"
      : /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/.test(name)
        ? ""
        : `a project's name is made of a-z, 0-9 and - . _ between them, as npm wants it, which "${name.slice(0, 64)}" is not`;
  if (wrong === "") return name;
  const better = mended(name);
  throw new exit.Usage(`${wrong}${better !== "" && better !== name ? ` (try ${better})` : ""}`);
}

const slashes = (path: string): string => path.split(sep).join("/");

/**
 * What package.json of the new project in `folder` says of us. Installed in a project, the same as that project says: a version, an address,
 * or a file, seen from there. A clone: its folder.
 */
function dependency(folder: string): string {
  const from = (path: string): string => `file:${slashes(relative(folder, path))}`;
  const modules = dirname(ROOT.replace(/[/\\]$/, ""));
  const around = join(dirname(modules), "package.json");
  if (basename(modules) !== "node_modules" || !existsSync(around)) return from(ROOT);
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(around, "utf8"));
  const said: unknown = dependencies.synod ?? devDependencies.synod;
  if (typeof said !== "string") return `^${JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version}`;
  return said.startsWith("file:") ? from(resolve(dirname(modules), said.slice(5))) : said;
}

/** The app of a template as a project's own: it imports the framework from the installed package. */
export function app(template: string): string {
  return readFileSync(join(ROOT, "firmware", "apps", `${template}.ts`), "utf8")
    .replaceAll(/from "\.\/(\w+)"/g, 'from "synod/firmware/apps/$1"')
    .replaceAll(/from "\.\.\/(\w+)"/g, 'from "synod/firmware/$1"');
}

/** The files of a folder and below, relative to it. */
const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => slashes(relative(folder, join(entry.parentPath ?? entry.path, entry.name))))
    .sort();

/** Writes the project into a folder that does not exist yet. */
function write(folder: string, name: string, template: string): void {
  for (const part of [SHARED, template]) cpSync(join(ROOT, "templates", part), folder, { recursive: true });
  // npm leaves a file of this name out of every package, so it is called otherwise there
  renameSync(join(folder, "gitignore"), join(folder, ".gitignore"));
  writeFileSync(join(folder, "app.ts"), app(template));
  const holes: Record<string, string> = { name, template, synod: dependency(folder) };
  for (const path of files(folder)) {
    const text = readFileSync(join(folder, path), "utf8");
    const filled = text.replaceAll(/\{\{(\w+)\}\}/g, (hole, word: string) => holes[word] ?? hole);
    if (filled !== text) writeFileSync(join(folder, path), filled);
  }
}

/** Makes the project; the files that it has. Throws Usage when there is something at its place. */
export function create(name: string, template: string, where = process.cwd()): { folder: string; files: string[] } {
  const folder = join(where, checked(name));
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new exit.Usage(`there is a file called ${name} here; take another name`);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new exit.Usage(`the folder ${name} is there and not empty; take another name, or empty it first`);
  const empty = existsSync(folder);
  mkdirSync(folder, { recursive: true });
  try {
    write(folder, name, template);
  } catch (error) {
    for (const entry of readdirSync(folder)) rmSync(join(folder, entry), { recursive: true, force: true });
    if (!empty) rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return { folder, files: files(folder) };
}

export const command: Command = {
  usage: "create [name]",
  about: "Make a project of your own: an app, a fleet and a scenario that tests it",
  more: [
    "valve senses a temperature, decides by a rule and acts · meter reports what it senses and pays for it · node only validates.",
  ],
  options: [valued("--template", `${TEMPLATES.join(", ")} (default ${TEMPLATES[0]})`), JSON_SWITCH],
  examples: ["create my-valve", "create my-meter --template meter"],
  async run(values, words) {
    const template = flag.oneOf(values, "template", TEMPLATES[0], TEMPLATES);
    const [name] = words;
    if (name === undefined) throw new exit.Usage("create needs a name, like: synod create my-valve");
    const made = create(name, template);
    const next = [`cd ${name}`, ...NEXT];
    if (flag.on(values, "json")) process.stdout.write(`${JSON.stringify({ name, template, ...made, next })}\n`);
    else
      process.stdout.write(
        `${name}: ${made.files.join("  ")}\n\nnow type:\n${next.map((line) => `  ${line}\n`).join("")}`,
      );
    return exit.OK;
  },
};
