// Is the simulator's checker awake? Each mutant breaks one rule of the replica; within a few seeds the checker must say so, and on
// the same seeds it must have nothing to say about the firmware as it is.
//
//   mutant of the firmware ── asc, in memory ──> every honest device of a fleet ── seeds 1, 2, ... ──> first violation
//   firmware as it is ──────────────────────────> the same fleet, the same seeds ───────────────────> none
//
// A mutant that survives means that the checker is blind, or that this file's weather is too fair: find out which before changing either.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as campaign from "../../host/fleet/campaign.ts";
import { NAMES, type Fault } from "../../host/fleet/faults.ts";
import { Fleet } from "../../host/fleet/fleet.ts";
import type { Rule, Violation } from "../../host/fleet/invariants.ts";
import type { Villain } from "../../host/fleet/villain.ts";
import { mutant, type Edit } from "../../tools/mutants.mjs";

/** Seeds after which a mutant counts as not caught. */
const SEEDS = 60;
const SUFFER_MS = 20_000;
const folder = "firmware/consensus/";

const edit = (file: string, find: string, put: string): Edit => ({ file: folder + file, find, put });

/** Two statements change places. */
const swap = (file: string, a: string, b: string): Edit[] => [edit(file, a, b), edit(file, b, a)];

interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** The rules of which one must be found broken. */
  readonly rules: readonly Rule[];
  /** What the f liars among them run, where honest mistakes alone do no harm. */
  readonly villain?: readonly Edit[];
}

/** A leader that builds on the grandparent, as if the block between had never been notarized. */
const forker = [
  edit(
    "propose.ts",
    "const parent = block.notarized(chain.highest());",
    `const top = block.notarized(chain.highest());
     const below = block.is(top, block.FINAL) ? 0 : block.find(block.parent(top));
     const parent = below != 0 && block.is(below, block.NOTAR | block.HEADER) ? below : top;`,
  ),
];

const MUTANTS: readonly Mutant[] = [
  {
    name: "finalize after nullify (R4)",
    edits: [edit("safety.ts", "if (nullified(view)) return false;", "")],
    rules: ["contradiction", "chain", "agreement"],
  },
  {
    name: "nullify after finalize (R6)",
    edits: [edit("replica.ts", "safety.nullifyFrom(chain.highest())", "chain.finalView() + 1")],
    rules: ["contradiction", "chain", "agreement"],
  },
  {
    name: "send before store, NOTARIZE",
    edits: swap(
      "replica.ts",
      "safety.recordNotarize(f, block.view(s), block.view(parent), s, parent);",
      "sign(f ? kind.NOTARIZE_F : kind.NOTARIZE, block.view(s), s);",
    ),
    rules: ["journal"],
  },
  {
    name: "send before store, FINALIZE",
    edits: swap("replica.ts", "safety.recordFinalize(block.view(s), s);", "sign(kind.FINALIZE, block.view(s), s);"),
    rules: ["journal"],
  },
  {
    name: "send before store, NULLIFY",
    edits: swap("replica.ts", "safety.recordNullify(from, v);", "giveUp(from, v);"),
    rules: ["journal"],
  },
  {
    name: "quorum minus one",
    edits: [edit("cell.ts", "(2 * count) / 3 + 1", "(2 * count) / 3")],
    rules: ["quorum"],
  },
  {
    name: "no gap check, voting and leading (R2, R3), with a leader that forks",
    edits: [
      edit("replica.ts", "if (!nulls.gap(block.parentView(s) + 1, v - 1)) continue;", ""),
      edit("replica.ts", "!nulls.gap(chain.highest() + 1, v - 1)", "false"),
    ],
    rules: ["gap", "chain", "agreement"],
    villain: forker,
  },
  {
    name: "vote without the body (R3)",
    edits: [edit("hear.ts", "if (!block.is(s, block.BODY)) {", "if (false) {")],
    rules: ["body"],
  },
];

const compiled = new Map<readonly Edit[], Promise<Uint8Array>>();
const NONE: readonly Edit[] = [];

function wasmOf(edits: readonly Edit[]): Promise<Uint8Array> {
  let wasm = compiled.get(edits);
  if (wasm === undefined) compiled.set(edits, (wasm = mutant(edits)));
  return wasm;
}

interface Trial {
  readonly honest: readonly Edit[];
  readonly villain?: readonly Edit[];
  readonly villains?: readonly Villain[];
  readonly faults?: readonly Fault[];
}

/** The first violation of one seed, or undefined. */
async function run(seed: number, trial: Trial): Promise<Violation | undefined> {
  const wasm = await wasmOf(trial.honest);
  const villains =
    trial.villain === undefined
      ? trial.villains
      : [{ device: seed % 4, kind: "mutant" as const, wasm: await wasmOf(trial.villain) }];
  const fleet = new Fleet(campaign.plan({ seed, n: 4, engine: "v8", wasm, faults: trial.faults ?? NAMES, villains }));
  fleet.run(SUFFER_MS);
  fleet.close();
  return fleet.violations[0];
}

/** Runs seeds until one shows a violation; undefined when none does. */
async function hunt(trial: Trial): Promise<Violation | undefined> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const found = await run(seed, trial);
    if (found !== undefined) return found;
  }
  return undefined;
}

const clean = new Set<string>();

/** The firmware as it is breaks no rule on the seeds up to this one. */
async function control(upTo: number, villain?: readonly Edit[]): Promise<void> {
  for (let seed = 1; seed <= upTo; seed++) {
    const name = `${seed} ${villain === undefined ? "" : "villain"}`;
    if (clean.has(name)) continue;
    const found = await run(seed, { honest: NONE, villain });
    assert.is(found, undefined, `unmutated, seed ${seed}: ${found?.rule}: ${found?.sentence}`);
    clean.add(name);
  }
}

for (const { name, edits, rules, villain } of MUTANTS) {
  test(`caught: ${name}`, async () => {
    const found = await hunt({ honest: edits, villain });
    assert.ok(found !== undefined, `${SEEDS} seeds, and the checker noticed nothing`);
    console.log(`note: ${name}: seed ${found.seed}, ${found.rule}: ${found.sentence}`);
    assert.ok(rules.includes(found.rule), `${found.rule}: ${found.sentence}`);
    await control(found.seed, villain);
  });
}

test("caught: f + 1 liars, each of whom leads two lives", async () => {
  const villains = [0, 1].map((device) => ({ device, kind: "equivocator" as const }));
  const found = await hunt({ honest: NONE, villains, faults: ["partition"] });
  assert.ok(found !== undefined, `${SEEDS} seeds, and nobody was ever told two things`);
  console.log(`note: f + 1 liars: seed ${found.seed}, ${found.rule}: ${found.sentence}`);
  assert.ok(found.rule === "agreement" || found.rule === "chain", found.rule);
});

test("f liars of the same kind are borne", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const villains = [{ device: seed % 4, kind: "equivocator" as const }];
    assert.is((await run(seed, { honest: NONE, villains, faults: ["partition"] }))?.sentence, undefined);
  }
});

test.run();
