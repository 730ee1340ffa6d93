// The parsers and the flash under fuzz, for as long as you say: `npm run fuzz -- 300` gives each test file 300 seconds.
//
//   frames and fragments (mesh/link) · CBOR, COSE_Sign1, transactions (cose, ledger) · wire layouts, device against host · the journal
//   under power cuts (core) · signatures against a rival (crypto) · contracts in V8 against wasm3 (device)
//
// Rule: the same tests as `npm test`, only longer; so what a campaign finds, a test can keep.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./build.mjs";

const seconds = Number(process.argv[2] ?? 60);
if (!Number.isFinite(seconds) || seconds <= 0 || process.argv.length > 3) {
  console.error("usage: npm run fuzz -- SECONDS    (per test file; default 60)");
  process.exit(2);
}
const words = [
  "mesh/link",
  "cose/cbor",
  "cose/sign1",
  "ledger/transaction",
  "wire/",
  "core/journal",
  "crypto/ed25519",
  "device/contract",
];
const env = { ...process.env, SYNOD_BUDGET: String(seconds) };
const { status } = spawnSync(process.execPath, [join(root, "tools/test.mjs"), ...words], { stdio: "inherit", env });
process.exit(status ?? 1);
