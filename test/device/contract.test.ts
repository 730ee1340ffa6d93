// host/device/contract.ts and boards/runtime/sandbox.c: no contract can tell the bounds that V8 was given from the memory that wasm3 has.
//
//   random contracts ──> V8, confined, and wasm3: the same status and gas, the same answers of the device, the same memory shown to it
//   damaged contracts ──> what the shape forbids is refused by both
//
// On the emulated Cortex-M4 a slice of them; SYNOD_ENGINES=stm32f405,riscv takes more.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as contract from "../../firmware/wire/call.ts";
import { isBoard, moduleEngines, type ModuleEngine } from "../wasm.ts";
import { lacking, numbers } from "../boards/board.ts";
import { fixture, machine, Region, type Machine, type Place } from "../boards/contract.ts";
import { contractProgram } from "../boards/program.ts";

await fixture();
const INPUT = 0x1c00;
const budget = Number(process.env.SYNOD_BUDGET ?? 6);
/** Contracts in one region. */
const BATCH = 40;
const CALLS = 3;

interface Batch {
  readonly region: Uint8Array;
  readonly places: readonly Place[];
  readonly first: number;
}

function batch(first: number): Batch {
  const region = new Region();
  const places = Array.from({ length: BATCH }, (_, i) => region.add(contractProgram(`confined ${first + i}`)));
  return { region: region.bytes(), places, first };
}

/** What became of all calls: answer, counter and digest of the device after each. */
function drive(m: Machine, { places, first }: Batch): { seed: string; seen: string; status: number }[] {
  return places.flatMap(({ offset, length }, i) => {
    const seed = `confined ${first + i}`;
    const below = numbers(`input of ${seed}`);
    return Array.from({ length: CALLS }, (_, k) => {
      m.write(
        INPUT,
        Uint8Array.from({ length: 24 }, () => below(256)),
      );
      const gas = k === 0 ? 100_000 : below(1200);
      const answer = m.call("run", offset, length, 24, gas) as bigint;
      return {
        seed: `${seed}, call ${k}`,
        seen: `${answer} ${m.call("counter")} ${m.call("digest")}`,
        status: Number(answer & 0xffffffffn),
      };
    });
  });
}

/** Drives the engines with as many batches as there is time for; statuses and how often each was seen. */
async function compare(others: readonly ModuleEngine[], from: number, seconds: number): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  const until = Date.now() + 1000 * seconds;
  for (let first = from; first === from || Date.now() < until; first += BATCH) {
    const some = batch(first);
    const v8 = await machine("v8", some.region);
    const expected = drive(v8, some);
    for (const { status } of expected) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    for (const engine of others) {
      const m = await machine(engine, some.region, 16384);
      drive(m, some).forEach((found, i) => assert.equal(found, expected[i], `${engine}: ${found.seed}`));
      m.close();
    }
  }
  return statuses;
}

test("random contracts end alike in V8 and in wasm3: status, gas, memory, and what the device heard", async () => {
  const statuses = await compare(["wasm3"], 0, budget);
  const named = Object.entries(contract).filter(([, n]) => statuses.has(n as number) && (n as number) > 0xffff);
  const calls = [...statuses.values()].reduce((a, b) => a + b);
  console.log(
    `note: ${calls} calls of random contracts: ${named.map(([name, n]) => `${name} ${statuses.get(n as number)}`).join(", ")}`,
  );
  for (const status of [5, contract.OUT_OF_BOUNDS, contract.OUT_OF_GAS, contract.DIVIDED_BY_ZERO])
    assert.ok((statuses.get(status) ?? 0) > 5, `${statuses.get(status)} ended with ${status}`);
});

test("and on the emulated Cortex-M4", async () => {
  if (lacking("arm-none-eabi-gcc", "qemu-system-arm")) return;
  await compare(["stm32f405", ...moduleEngines.filter((e) => isBoard(e) && e !== "stm32f405")], 1_000_000, budget / 6);
});

test.run();
