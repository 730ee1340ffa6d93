// boards/runtime/node.h, as a port sees it: effects arrive in order, nothing follows a failed write, and a device that is down
// stays down until it is restarted.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as abi from "../../firmware/wire/abi.ts";
import * as accelerate from "../../firmware/wire/accelerate.ts";
import * as page from "../../host/tape/page.ts";
import * as tape from "../../host/tape/tape.ts";
import { REGIONS } from "../../host/wire/map.ts";
import { careful, fixture, run, scratch } from "./board.ts";

const { path, wasm } = await fixture();
const program = await careful("port");
const WORK = REGIONS.find(([name]) => name === "work")![1];

/** What a port saw: the STORE or ERASE number `failing` fails. */
function port(failing: number, ...commands: string[]): string[] {
  const { stdout, stderr, status } = run(program!, [path, String(failing), ...commands]);
  assert.is(status, 0, stderr);
  return stdout.trim().split("\n").slice(1); // without `open ok`
}

test("effects are carried out one by one, in the order of the ring", () => {
  if (!program) return;
  const seen = port(0, "boot", "request:0b", "receive:8", "request:0409");
  const one = ["store 1 0 5", "send 0 0 5", "store 1 1 5", "send 0 1 5"];
  const effects = seen.filter((l) => !/^(boot|request|receive)/.test(l));
  assert.equal(effects, [
    "event 11 48",
    ...one,
    "store 2 2 8",
    "send 3 4294967295 8",
    "erase 3 8",
    "act 7 -1234567890123",
  ]);
});

test("nothing after a failed STORE or ERASE is carried out, so no vote is sent that was not written", () => {
  if (!program) return;
  assert.equal(port(1, "boot", "request:0b").slice(2, -1), ["store 1 0 5"]);
  assert.equal(port(2, "boot", "request:0b").slice(2, -1), ["store 1 0 5", "send 0 0 5", "store 1 1 5"]);
  assert.equal(port(2, "boot", "receive:8").slice(2, -1), ["store 2 2 8", "send 3 4294967295 8", "erase 3 8"]);
  assert.match(port(1, "boot", "request:0b").at(-1)!, /^request store /);
});

test("a device is down after a failed STORE, a trap, a reset or a broken ring, until it is restarted", () => {
  if (!program) return;
  for (const [request, status] of [
    ["0b", "store"],
    ["01", "trap"],
    ["05", "reset"],
    ["0609", "ring"],
  ]) {
    const seen = port(1, "boot", `request:${request}`, "tick", "receive:9", "boot", "restart", "boot", "tick");
    const told = seen.filter((l) => /^(boot|request|receive|restart|tick)/.test(l)).map((l) => l.split(" ")[1]);
    assert.equal(told, ["ok", status, "down", "down", "down", "ok", "ok", "ok"], request);
    const boots = seen.filter((l) => l.startsWith("boot ok"));
    assert.equal(boots, ["boot ok 0", "boot ok 0"], "0: the fixture found its memory fresh");
  }
});

test("what follows a RESET in the ring is not carried out", () => {
  if (!program) return;
  assert.equal(port(0, "boot", "request:05").slice(2, -1), ["event 1 3", "reset 42"]);
});

test("questions about memory that is not there trap", () => {
  if (!program) return;
  for (const request of ["08", "09"])
    assert.match(port(0, "boot", `request:${request}`).at(-1)!, /trap .*out of bounds/);
});

/** The fixture's request for an operation, with operands at `p`. */
function operation(op: number, p: number, [a = 0, b = 0, c = 0]: number[], bytes = 0, n = 0): string {
  const words = Buffer.alloc(29, 12);
  [op, p, a, b, c, bytes, n].forEach((word, i) => words.writeUInt32LE(word, 1 + 4 * i));
  return `request:${words.toString("hex")}`;
}

test("operands that lie in linear memory are handed over, up to its last byte", () => {
  if (!program) return;
  const end = 0x10000;
  for (const [op, at] of [
    [accelerate.VERIFY, [end - 32, end - 64]],
    [accelerate.SIGN, [end - 32, end - 32, end - 64]],
    [accelerate.PUBLIC_KEY, [end - 32, end - 32]],
    [accelerate.X25519, [end - 32, end - 32, end - 32]],
    [accelerate.X25519_PUBLIC, [end - 32, end - 32]],
    [accelerate.SHA256, [end - 32]],
  ] as const) {
    const n = 100;
    assert.equal(port(0, "boot", operation(op, WORK, [...at], end - n, n)).slice(2), [
      `accelerate ${op} ${n}`,
      "request ok 1",
    ]);
    // each of them one byte too far, or far away
    for (let i = 0; i < at.length; i++)
      for (const where of [at[i] + 1, end, 0xffffffff]) {
        const moved = at.map((p, k) => (k === i ? where : p));
        assert.match(port(0, "boot", operation(op, WORK, moved)).at(-1)!, /^request trap .*out of bounds/);
      }
    for (const [p, size] of [
      [end - n, n + 1],
      [0, end + 1],
      [1, 0xffffffff],
      [0xffffffff, 1],
    ])
      assert.match(port(0, "boot", operation(op, WORK, [...at], p, size)).at(-1)!, /^request trap .*out of bounds/);
    for (const p of [end - accelerate.SIZE + 1, 0xfffffff0])
      assert.match(port(0, "boot", operation(op, p, [...at])).at(-1)!, /^request trap .*out of bounds/);
  }
});

test("an operation that nobody knows is not handed to the port; the offer has no operands", () => {
  if (!program) return;
  for (const op of [accelerate.SHA256 + 1, 255, 0xffffffff])
    assert.equal(port(0, "boot", operation(op, 0xffffffff, [])).slice(2), ["request ok 0"]);
  const offer = port(0, "boot", operation(accelerate.OFFER, 0xffffffff, [0xffffffff])).slice(2);
  assert.equal(offer, ["accelerate 0 0", `request ok ${0x7e}`]);
});

test("the watchdog is fed when a call begins, before each effect, and when it ends, also in a trap", () => {
  if (!program) return;
  const turns = (...commands: string[]) =>
    port(0, "boot", "alive", ...commands)
      .slice(3)
      .map((l) => l.split(" ")[0]);
  assert.equal(turns("request:0b"), [
    ...["alive", "alive", "store", "alive", "send", "alive", "store", "alive", "send", "alive"],
    "request",
  ]);
  assert.equal(turns("request:01"), ["alive", "alive", "request"]);
});

/** The records of the tape of a call that went wrong. */
function dumped(...commands: string[]): tape.Record[] {
  const file = join(scratch, "port.tape");
  assert.ok(port(0, ...commands, `dump:${file}`).includes("dump 1"));
  return tape.parse(new Uint8Array(readFileSync(file)));
}

const types = (records: tape.Record[]): number[] => records.map(({ type }) => type);
const notes = (records: tape.Record[]): unknown[] =>
  records.filter(({ type }) => type === tape.NOTE).map(({ payload }) => tape.note(payload));

test("the box holds a call with its answers; the page before it where there is room, else the page after, and says so", () => {
  if (!program) return;
  const { KEYFRAME, CALL, SENSE, READ, NOTE } = tape;
  const trap = { trap: "the effect ring is not a sequence of records" };
  const kept = dumped("page:70000", "boot", "request:0609");
  assert.equal(types(kept), [KEYFRAME, CALL, NOTE]);
  assert.equal(notes(kept), [trap]);
  for (const box of ["box:4096", "page:4200"]) {
    const after = dumped(box, "boot", "request:0609");
    assert.equal(types(after), [KEYFRAME, CALL, NOTE, NOTE]);
    assert.equal(notes(after), [{ page: "after" }, trap]);
    const [before, now] = [kept, after].map(([frame]) => {
      const memory = new Uint8Array(65536);
      page.apply(memory, frame.payload.subarray(tape.KEYFRAME_HEAD));
      return memory;
    });
    const differing = now.findIndex((b, i) => b !== before[i]);
    assert.ok(differing > 0, "the call changed memory");
  }
  // a read of a range that is not there gives -1; then the load past memory
  const answered = dumped("page:70000", "boot", "request:0d");
  assert.equal(types(answered), [KEYFRAME, CALL, SENSE, READ, NOTE]);
});

test("a box without room for all of a call says that it is cut; without any, there is still a tape", () => {
  if (!program) return;
  const small = dumped("box:50", "boot", "request:0d");
  assert.equal(notes(small).slice(0, 2), [{ page: "after" }, { cut: "the room of the box did not hold all answers" }]);
  for (const size of [0, 1, 8, 27]) assert.ok(!types(dumped(`box:${size}`, "boot", "request:01")).includes(tape.CALL));
});

test("a call that went well is on no tape, nor is one of a node without a box", () => {
  if (!program) return;
  const file = join(scratch, "none.tape");
  assert.ok(port(0, "page:70000", "boot", "request:01", "restart", "boot", `dump:${file}`).includes("dump 0"));
  assert.ok(port(0, "boot", "request:01", `dump:${file}`).includes("dump 0"));
});

test("an input that is too long is refused before the device sees it, and nothing is down", () => {
  if (!program) return;
  const seen = port(0, "boot", "receive:1537", "receive:1536").filter((l) => l.startsWith("receive"));
  assert.match(seen[0], /^receive input/);
  assert.match(seen[1], /^receive ok/);
});

test("a module that is no device is refused with a reason", () => {
  if (!program) return;
  const bad = join(scratch, "bad.wasm");
  const swapped = Buffer.from(wasm).toString("latin1").replace("request", "reqwest");
  for (const [bytes, why] of [
    [new Uint8Array(0), /module/],
    [wasm.subarray(0, 60), /module/],
    [Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), /no memory/],
    [Uint8Array.from(swapped, (c) => c.charCodeAt(0)), /an export of the ABI is missing/],
  ] as const) {
    writeFileSync(bad, bytes);
    const { stdout, stderr } = run(program!, [bad, "0", "boot"]);
    assert.is(stderr, "");
    assert.match(stdout, /^open module .+/);
    assert.match(stdout, why);
  }
});

/** The fixture, as if compiled for this version of the ABI. */
function versioned(major: number, minor: number): Uint8Array {
  const says = (v: number): Buffer => Buffer.from([0x41, (v & 127) | 128, ((v >> 7) & 127) | 128, v >> 14, 0x0b]); // i32.const v, end
  const changed = Buffer.from(wasm);
  const at = changed.indexOf(says((abi.MAJOR << abi.SHIFT) | abi.MINOR));
  assert.ok(at > 0, "the fixture says its version in one constant");
  changed.set(says((major << abi.SHIFT) | minor), at);
  return changed;
}

test("a module of another major version of the ABI, or of a later minor one, is refused by number; an earlier one runs", () => {
  if (!program) return;
  const other = join(scratch, "other.wasm");
  const opened = (major: number, minor: number): string => {
    writeFileSync(other, versioned(major, minor));
    const { stdout, stderr } = run(program, [other, "0"]);
    assert.is(stderr, "");
    return stdout.trim();
  };
  const { MAJOR, MINOR } = abi;
  const version = (major: number, minor: number): number => (major << abi.SHIFT) | minor;
  for (const [major, minor] of [
    [MAJOR + 1, 0],
    [MAJOR + 1, MINOR],
    [0, MINOR],
  ])
    assert.is(
      opened(major, minor),
      `open module the module has another ABI than this runtime (${version(major, minor)})`,
    );
  assert.is(
    opened(MAJOR, MINOR + 1),
    `open module the module needs a newer runtime: the minor version of its ABI (${version(MAJOR, MINOR + 1)})`,
  );
  for (let minor = 0; minor <= MINOR; minor++) assert.is(opened(MAJOR, minor), "open ok");
});

test.run();
