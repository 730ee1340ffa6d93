// The header of a fleet tape: the options of a fleet as plain JSON, and back. With the modules and the deeds of the tape it repeats
// the run to the byte.
//
//   Options ── describe ──> Header.options, Header.modules ── options ──> Options
//
// Rule: what options() gives makes the same fleet; everything of Options that changes a run stands in the header.

import { createHash } from "node:crypto";
import { hex } from "../device/bytes.ts";
import type { Engine } from "../device/device.ts";
import type { Header } from "../tape/fleet.ts";
import { TapeError } from "../tape/tape.ts";
import type { Fleet } from "./fleet.ts";
import type { Options } from "./options.ts";
import type { Villain } from "./villain.ts";

const sha256 = (bytes: Uint8Array): string => hex(new Uint8Array(createHash("sha256").update(bytes).digest()));

/** The header of a fleet that was just provisioned, and the modules that differ in order of first appearance. */
export function describe(fleet: Fleet, cell: Uint8Array): { header: Header; modules: Uint8Array[] } {
  const {
    n: _n,
    log: _log,
    record: _record,
    dumps: _dumps,
    wasm: _wasm,
    memberWasm: _memberWasm,
    balance,
    villains,
    board: _board,
    ...plain
  } = fleet.options;
  const wasm = fleet.stations.slice(0, fleet.devices).map((station) => station.wasm);
  const hashes = new Map<Uint8Array, string>();
  for (const bytes of wasm) if (!hashes.has(bytes)) hashes.set(bytes, sha256(bytes));
  const modules = wasm.map((bytes) => hashes.get(bytes)!);
  const distinct = [...new Set(modules)];
  const list = villains?.map(({ device, kind }) => ({ device, kind }));
  const header: Header = {
    version: 1,
    kind: "sim",
    n: fleet.n,
    run: plain.campaign === undefined ? "fleet" : "campaign",
    options: JSON.parse(
      JSON.stringify({ ...plain, balance: balance?.toString(), villains: list, board: fleet.costs ?? undefined }),
    ) as Header["options"],
    modules: distinct.length === 1 ? distinct : modules,
    kids: fleet.identities.map(({ kid }) => hex(kid)),
    cell: hex(cell),
  };
  return { header, modules: distinct.map((name) => wasm[modules.indexOf(name)]) };
}

/** The options of the fleet that wrote this header, with the modules of its tape. Throws TapeError when one is missing. */
export function options(header: Header, wasm: readonly Uint8Array[], engine?: Engine): Options {
  const { balance, villains, ...plain } = header.options as unknown as Omit<Options, "balance" | "n" | "wasm"> & {
    balance?: string;
  };
  const byHash = new Map(wasm.map((bytes) => [sha256(bytes), bytes]));
  const moduleOf = (device: number): Uint8Array => {
    const name = header.modules.length === 1 ? header.modules[0] : header.modules[device];
    const bytes = byHash.get(name);
    if (bytes === undefined)
      throw new TapeError(`the module ${name?.slice(0, 16)}… of device ${device} is not on the tape`);
    return bytes;
  };
  const single = header.modules.length === 1 ? moduleOf(0) : moduleOf;
  const list = villains?.map((villain): Villain =>
    villain.kind === "mutant" ? { ...villain, wasm: moduleOf(villain.device) } : villain,
  );
  return {
    ...plain,
    n: header.n,
    engine: engine ?? plain.engine,
    wasm: single,
    ...(balance === undefined ? {} : { balance: BigInt(balance) }),
    ...(list === undefined ? {} : { villains: list }),
  };
}
