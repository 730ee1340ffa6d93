// tools/board.ts and boards/bare/jobs.c: a module on the emulated Cortex-M4 does what it does in wasm3 on this machine, and
// the tests of crypto hold there: the same files, with what is random cut short. All of them with SYNOD_BUDGET.

import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Trap, type Hal } from "../../host/device/device.ts";
import { Board } from "../../tools/board.ts";
import { debugModule } from "../wasm.ts";
import { binding, board, fixture, lacking, numbers, root, scratch } from "./board.ts";

const absent = lacking("arm-none-eabi-gcc", "qemu-system-arm");
const { Wasm3Module } = await binding();
const { path, wasm } = await fixture();
const open = (hal: Hal = board()): Promise<Board> =>
  Board.open({ board: "stm32f405", wasm: path, hal, name: "fixture-jobs" });

const INPUT = 0x1c00;

/** What a call did: its result, or that it trapped. */
function outcome(
  m: { call: Board["call"] | InstanceType<typeof Wasm3Module>["call"] },
  ...words: [string, ...bigint[]]
) {
  try {
    return m.call(...words) ?? 0;
  } catch (e) {
    assert.instance(e, Trap);
    return "trap";
  }
}

test("the same calls give the same results, answers and memory as in wasm3 on this machine", async () => {
  if (absent) return;
  const [here, there] = [new Wasm3Module(wasm, board()), await open()];
  const below = numbers("m4");
  assert.is(there.memory, 65536);
  const traps: string[] = [];
  for (let i = 0n; i < 200n; i++) {
    const bytes = Uint8Array.from({ length: below(1537) }, () => below(256));
    if (below(2) === 1 && bytes.length > 0) bytes[0] = below(5); // requests that the fixture knows, some of which trap
    const n = BigInt(bytes.length);
    const calls: [string, ...bigint[]][] = [
      ["receive", 1n, n, i],
      ["request", n, i],
      ["tick", i],
      ["boot", i],
    ];
    const call = calls[below(4)];
    for (const m of [here, there]) m.write(INPUT, bytes);
    const [a, b] = [outcome(here, ...call), outcome(there, ...call)];
    assert.is(b, a, call.join(" "));
    if (a === "trap") traps.push(call[0]);
    if (i % 20n === 19n) assert.equal(there.bytes(0, 65536), here.bytes(0, 65536));
  }
  assert.ok(traps.length > 3, "some calls trapped");
  const limits = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 31n, 2n ** 53n + 1n];
  for (const a of limits) for (const b of limits) assert.is(there.call("add", a, b, 7), here.call("add", a, b, 7));
  here.close();
  there.close();
});

test("instructions and native stack are those of the last call, the same in two runs", async () => {
  if (absent) return;
  const counts = async (): Promise<number[]> => {
    const m = await open();
    m.call("receive", 1, 64, 7n); // compiles
    const deep = m.stack;
    const found = [64, 64, 128, 192, 192].map((n) => (m.call("receive", 1, n, 7n), m.instructions));
    assert.ok(m.stack > 300 && deep < 4096, `${m.stack} bytes of stack, ${deep} while it compiled`);
    assert.ok(m.stack < deep, "the stack is that of the last call");
    m.close();
    return found;
  };
  const [a, b] = [await counts(), await counts()];
  assert.equal(a, b);
  const [once, short, middle, long, again] = a;
  assert.is(short, once);
  assert.is(again, long);
  assert.is(long - middle, middle - short, "by the same amount more for each byte");
});

test("a module whose code outgrows the chip runs all the same: code is dropped between calls, and made again", async () => {
  if (absent) return;
  const asked: number[] = [];
  const m = await debugModule("stm32f405");
  m.hal = { ...m.hal, read: (region) => (asked.push(region), null) };
  const chip = m as unknown as Board;
  const works: [string, ...number[]][] = [
    ["crypto_ed25519_verify", INPUT, INPUT + 32, 32, INPUT + 64],
    ["crypto_ed25519_sign", INPUT, INPUT, INPUT, 32, INPUT + 64],
    ["crypto_x25519_shared", INPUT, INPUT + 32, INPUT + 64],
    ["bench_batch", 0x2a00, 2],
    ["crypto_aead_seal", INPUT, INPUT, INPUT, 16, INPUT + 64, 64, INPUT + 128],
  ];
  const took = (work: (typeof works)[number]): number => {
    m.write(INPUT, new Uint8Array(512));
    m.call(...work);
    return chip.instructions;
  };
  const warm = works.map((w) => (took(w), took(w)));
  const later = works.map(took);
  assert.ok(
    later.some((n, i) => n > warm[i]),
    `something was dropped and compiled again: ${later} after ${warm}`,
  );
  assert.is.not(m.call("core_flash_open"), 0);
  assert.equal(asked, [0], "the module still reaches the board");
  chip.close();
});

test("what cannot be done is an error with its reason, and the board goes on", async () => {
  if (absent) return;
  const m = await open();
  assert.throws(() => m.call("nonesuch"), /nonesuch: there is no such export/);
  assert.throws(() => m.call("tick"), /another number of arguments/);
  assert.throws(() => m.write(65536 - 3, new Uint8Array(4)), RangeError);
  assert.throws(() => m.bytes(-1, 4), RangeError);
  const fail = (): never => {
    throw new Error("this host has no answer");
  };
  m.hal = { entropy: fail, read: fail, sense: fail };
  assert.throws(() => m.call("boot", 1n), /this host has no answer/);
  m.hal = board();
  assert.type(m.call("boot", 1n), "number");
  m.close();
});

test("what does not load or overflows the native stack is said in words", async () => {
  if (absent) return;
  const broken = join(scratch, "broken.wasm");
  writeFileSync(broken, wasm.subarray(0, wasm.length >> 1));
  const said = await Board.open({ board: "stm32f405", wasm: broken, hal: board(), name: "broken-jobs" }).then(
    () => "",
    (e: Error) => e.message,
  );
  assert.match(said, /the emulated board stopped: error .+/);
  const m = await open();
  m.call("boot", 0n);
  m.write(INPUT, Uint8Array.of(7)); // a runaway recursion
  assert.throws(() => m.call("request", 1, 1n), /stack overflow/);
});

test("a program that ends takes its emulator along", async () => {
  if (absent) return;
  const lines = [
    `import { Board } from ${JSON.stringify(join(root, "tools/board.ts"))};`,
    `import { board } from ${JSON.stringify(join(root, "test/boards/board.ts"))};`,
    `(async () => { const m = await Board.open({ board: "stm32f405", wasm: ${JSON.stringify(path)}, hal: board(), name: "fixture-jobs" });`,
    `console.log(m.pid); if (process.argv[2] === "die") process.kill(process.pid, "SIGKILL"); })();`,
  ];
  const program = join(scratch, "ends.ts");
  writeFileSync(program, lines.join("\n"));
  for (const how of ["end", "die"]) {
    const pid = await new Promise<number>((done) =>
      execFile("npx", ["tsx", program, how], { cwd: root }, (_, stdout) => done(Number(stdout))),
    );
    assert.ok(pid > 0);
    const gone = (): boolean => {
      try {
        return !process.kill(pid, 0);
      } catch {
        return true;
      }
    };
    for (let i = 0; i < 500 && !gone(); i++) await new Promise((done) => setTimeout(done, 10));
    assert.ok(gone(), `process ${pid} still runs after its host did ${how}`);
  }
});

const SLICE = ["ed25519", "vectors", "x25519", "cached", "chacha20poly1305", "hkdf"];
const REST = ["sha256", "sha512", "hmac", "merkle", "field", "scalar", "point", "batch"];

for (const name of process.env.SYNOD_BUDGET ? [...SLICE, ...REST] : SLICE) {
  test(`test/crypto/${name}.test.ts holds on the board`, async () => {
    if (absent) return;
    const env = { ...process.env, SYNOD_ENGINES: "stm32f405", SYNOD_BUDGET: process.env.SYNOD_BUDGET ?? "0" };
    const said = await new Promise<string>((done) =>
      execFile("npx", ["tsx", `test/crypto/${name}.test.ts`], { cwd: root, env }, (error, stdout, stderr) =>
        done(`${stdout}${stderr}${error ? "\nfailed" : ""}`),
      ),
    );
    const passed = Number(/Passed:\s+(\d+)/.exec(said)?.[1]);
    assert.ok(passed > 1 && !/failed$|skipped: no stm32f405/.test(said), said);
  });
}

test.run();
