// Mutants: the device with one rule of its replica broken. The checker must see each of them in a few seeds, and must see
// nothing in the device as it is, compiled the same way. A mutation that no longer fits the source fails here: mend it then.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as campaign from "../../host/fleet/campaign.ts";
import { NAMES } from "../../host/fleet/faults.ts";
import type { Rule } from "../../host/fleet/invariants.ts";
import { mutants, type Mutation } from "./wasm.ts";

interface Case {
  readonly name: string;
  readonly mutations: readonly Mutation[];
  /** With a forker among the devices: where only a liar shows that honest devices are careless. */
  readonly villain?: true;
  /** The rules of which the checker may name one. */
  readonly rules: readonly Rule[];
}

const SAFETY = "firmware/consensus/safety.ts";
const REPLICA = "firmware/consensus/replica.ts";

/** A leader that proposes on the final block, leaving out what was notarized above it. */
const FORKER: readonly Mutation[] = [
  {
    file: "firmware/consensus/propose.ts",
    from: "const parent = block.notarized(chain.highest());",
    to: "const parent = block.final();",
  },
];

const CASES: readonly Case[] = [
  {
    name: "finalize after nullify",
    mutations: [{ file: SAFETY, from: "if (nullified(view)) return false;", to: "" }],
    rules: ["contradiction"],
  },
  {
    name: "nullify after finalize",
    mutations: [
      { file: SAFETY, from: "return max(notarized, finalizedView()) + 1;", to: "return max<u32>(notarized, 1);" },
    ],
    rules: ["contradiction"],
  },
  {
    name: "send before store",
    mutations: [
      {
        file: REPLICA,
        from: `safety.recordNotarize(f, block.view(s), block.view(parent), s, parent);
               sign(f ? kind.NOTARIZE_F : kind.NOTARIZE, block.view(s), s);`,
        to: `sign(f ? kind.NOTARIZE_F : kind.NOTARIZE, block.view(s), s);
             safety.recordNotarize(f, block.view(s), block.view(parent), s, parent);`,
      },
    ],
    rules: ["journal"],
  },
  {
    name: "quorum minus one",
    mutations: [
      {
        file: "firmware/consensus/cell.ts",
        from: "export function quorum(): u32 { return load<u32>(CELL + 8); }",
        to: "export function quorum(): u32 { return load<u32>(CELL + 8) - 1; }",
      },
    ],
    rules: ["quorum"],
  },
  {
    name: "no gap check",
    mutations: [{ file: REPLICA, from: "if (!nulls.gap(block.parentView(s) + 1, v - 1)) continue;", to: "" }],
    villain: true,
    rules: ["gap", "chain"],
  },
  {
    name: "vote without the body",
    mutations: [
      {
        file: "firmware/consensus/hear.ts",
        from: "block.setRecord(s, log.append(record.LOG_BLOCK, v, load<u32>(h + header.HEIGHT), s, h, header.SIZE, b, n));",
        to: "if (n > BODY_MAX) block.setRecord(s, log.append(record.LOG_BLOCK, v, load<u32>(h + header.HEIGHT), s, h, header.SIZE, b, n));",
      },
    ],
    rules: ["body"],
  },
];

/** The rule that the first of these seeds to break one breaks; null when none does. */
function broken(wasm: Uint8Array, villain: Uint8Array | null, seeds: number): Rule | null {
  const villains = villain === null ? undefined : [{ device: 0, kind: "mutant" as const, wasm: villain }];
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = campaign.runSeed({ seed, n: 4, engine: "v8", wasm, faults: NAMES, villains });
    if (violations.length > 0) return violations[0].rule;
  }
  return null;
}

const [plain, forker, ...broke] = await mutants([[], FORKER, ...CASES.map(({ mutations }) => mutations)]);

test("the device as it is, compiled this way, breaks nothing, with a forker among four neither", () => {
  assert.is(broken(plain, null, 6), null);
  assert.is(broken(plain, forker, 6), null);
});

CASES.forEach(({ name, villain, rules }, i) => {
  test(`the checker sees: ${name}`, () => {
    const rule = broken(broke[i], villain ? forker : null, 20);
    assert.ok(rule !== null, "twenty seeds broke no rule");
    assert.ok(rules.includes(rule), `it was called ${rule}, expected ${rules.join(" or ")}`);
  });
});

test.run();
