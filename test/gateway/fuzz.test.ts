// The gateway under bytes that nobody means well: spoiled requests never reach the fleet, random ones only as the deeds that they
// happen to spell; the fleet is compared with a twin to which exactly those were done.
//
//   valid request ── one to three spoilers ──> refused, whatever else is in it
//                 ── random edits of bytes ──> whatever reached the fleet is done to the twin: same trace hash
//
// SYNOD_BUDGET=seconds goes on for so long; SYNOD_SEED=n begins elsewhere.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Rng } from "../../host/fleet/rng.ts";
import * as deeds from "../../host/tape/deed.ts";
import { closeAll, fleet, Served } from "./served.ts";

const seed = Number(process.env.SYNOD_SEED ?? 1);
const budgetMs = 1000 * Number(process.env.SYNOD_BUDGET ?? 0);
const ROUNDS = 1500;
const AT_ONCE = 16;

interface Raw {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: string;
}

const post = (path: string, body: string, type = "application/json"): Raw => ({
  method: "POST",
  path,
  headers: ["Host: localhost", `Content-Type: ${type}`, `Content-Length: ${body.length}`, "Connection: close"],
  body,
});
const get = (path: string): Raw => ({
  method: "GET",
  path,
  headers: ["Host: localhost", "Connection: close"],
  body: "",
});

const DEEDS = [
  '{"do":"kill","device":1}',
  '{"do":"restart","device":1}',
  '{"do":"lie","device":2}',
  '{"do":"split","groups":[[0,1],[2,3]]}',
  '{"do":"heal"}',
  '{"do":"slow","device":3,"ms":200}',
  '{"do":"corrupt","device":0,"rate":0.25}',
  '{"do":"request","device":0,"hex":"06"}',
  '{"do":"request","device":0,"hex":"04235e8dbed543cf4364000000000000000100000000000000"}',
].map((body) => post("/deed", body));
const TIMES = ['{"paused":true}', '{"paused":false,"speed":2}', '{"speed":0.5}'].map((body) => post("/time", body));
const MOVES = [post("/time", '{"step":50}'), post("/fork", '{"atUs":1000000}')];
const TX = post("/tx?device=1", "\xd2\x84\x43\xa1\x01\x27\xa1\x04\x48", "application/cose");
const GETS = ["/fleet", "/state/status", "/state/account/1?device=2", "/tape?live=0"].map(get);

const text = ({ method, path, headers, body }: Raw): string =>
  `${method} ${path} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n${body}`;

const pick = <T>(rng: Rng, from: readonly T[]): T => from[rng.below(from.length)];
const header = (raw: Raw, name: string, value: string): Raw => ({
  ...raw,
  headers: [
    ...raw.headers.filter((line) => !line.toLowerCase().startsWith(`${name.toLowerCase()}:`)),
    `${name}: ${value}`,
  ],
});
const bodied = (raw: Raw, body: string): Raw => header({ ...raw, body }, "Content-Length", String(body.length));

/** Each makes a POST into one that must be refused, whatever the others do to it. */
const SPOILERS: readonly ((raw: Raw, rng: Rng) => Raw)[] = [
  (raw, rng) => header(raw, "Host", pick(rng, ["evil.example", "127.0.0.1.evil.example:80", "[::2]", "10.1.2.3", "@localhost", ""])),
  (raw, rng) => header(raw, "Origin", pick(rng, ["http://evil.example", "null", "https://localhost", "http://localhost:1", "http://localhost@evil"])),
  (raw, rng) => header(raw, "Sec-Fetch-Site", pick(rng, ["cross-site", "same-site", "x"])),
  (raw, rng) => header(raw, "Content-Type", pick(rng, ["text/plain", "application/x-www-form-urlencoded", "application/json5", "json", "*/*"])),
  (raw, rng) => header(raw, "Content-Encoding", pick(rng, ["gzip", "br", "identity"])),
  (raw, rng) => header(raw, "Content-Length", pick(rng, ["99999999999999999999", "4294967296", "-1", "0x10", "1e3", "7 7", "70000"])),
  (raw, rng) => header(raw, "Transfer-Encoding", pick(rng, ["chunked", "gzip, chunked", "identity", "chunked, chunked"])), // beside a length
  (raw) => ({ ...raw, headers: [...raw.headers, raw.headers[0]] }),
  (raw, rng) => ({ ...raw, headers: [...raw.headers, pick(rng, ["no colon here", " folded: x", "a\0b: c", ": empty", "x y: z"])] }),
  (raw, rng) => ({ ...raw, method: pick(rng, ["GET", "PUT", "DELETE", "PATCH", "post", "POST\t", "QUERY", "TRACE"]) }),
  (raw, rng) => ({ ...raw, path: pick(rng, ["/", "//deed", "/deed/", "/deeds", "/Deed", "/deed?x=1", "/tx?device=9999", "/%64eed", "/deed#", "http://localhost/deed"]) }),
  (raw) => ({ ...raw, body: raw.body.slice(0, -1) }), // shorter than it says
  (raw, rng) => bodied(raw, pick(rng, ["", "{", "[]", "nil", '{"do":"boom"}', '{"do":"kill","device":1e99}', '{"do":"kill","device":"1"}', '{"do":"kill","device":1,"x":0}', '{"do":"heal","do":"heal"}', '{"paused":"yes"}', '{"speed":-1}', '{"step":1e12}', '{"atUs":-5}', '{"atUs":1e300}', `{"do":"request","device":0,"hex":"${"0".repeat(3)}"}`, "[".repeat(4000), '{"do":"split","groups":[[0],[0]]}', "\ufeff{}"])),
  (raw) => bodied(raw, raw.body + " ".repeat(4097)),
]; // prettier-ignore

/** Random edits of the bytes of a request, or of two, one behind the other. */
function mutated(rng: Rng): Uint8Array {
  const one = (): string => text(pick(rng, [...DEEDS, ...DEEDS, ...TIMES, TX, ...GETS]));
  let bytes = Buffer.from(rng.below(4) === 0 ? one().replace("Connection: close", "X: y") + one() : one(), "latin1");
  for (let edits = rng.below(5); edits > 0; edits--) {
    const [at, length] = [rng.below(bytes.length + 1), rng.below(12)];
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const kind = rng.below(6);
    if (kind === 0) bytes = Buffer.concat([before, rng.bytes(1 + length), after]);
    else if (kind === 1) bytes = Buffer.concat([before, after.subarray(length)]);
    else if (kind === 2) bytes = Buffer.concat([before, after.subarray(0, length), after]);
    else if (kind === 3) bytes = Buffer.from(before);
    else if (kind === 4)
      bytes = Buffer.concat([before, Buffer.from(pick(rng, ["\r\n", "\n", "\0", "ffffffff\r\n", "1e309", "99999999999999999999", '"', "{", "}", "--", "%00"])), after]); // prettier-ignore
    else if (bytes.length > 0) bytes[at % bytes.length] ^= 1 << rng.below(8);
    if (bytes.length === 0) bytes = Buffer.from("x");
  }
  return bytes;
}

/** Runs `round` by number, some at once, until they are done and the budget is used up. How many. */
async function rounds(round: (i: number) => Promise<void>): Promise<number> {
  const endMs = performance.now() + budgetMs / 2;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < ROUNDS || performance.now() < endMs) await round(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return next;
}

/** The gateway works as before. */
async function works(it: Served): Promise<void> {
  for (let i = 0; i < 20; i++) assert.is((await it.ask("/fleet")).status, 200);
  const { text: taken } = await it.ask("/tape?live=0");
  assert.ok(Buffer.from(taken, "latin1").equals(it.sim.log.bytes()));
  assert.equal(it.notes, []);
}

const megabytes = (): number => process.memoryUsage().rss / 1e6;

test("spoiled requests never reach the fleet", async () => {
  const it = await Served.open({}, await fleet(3));
  const before = it.state;
  const from = megabytes();
  const statuses = new Map<string, number>();
  const done = await rounds(async (i) => {
    const rng = new Rng(seed, `spoiled ${i}`);
    let raw = pick(rng, [...DEEDS, ...TIMES, ...MOVES]);
    const bad = Array.from({ length: 1 + rng.below(3) }, () => rng.below(SPOILERS.length)).sort((a, b) => a - b);
    for (const which of new Set(bad)) raw = SPOILERS[which](raw, rng);
    const answer = await it.raw(Buffer.from(text(raw), "latin1"), 60);
    const status = answer.slice(9, 12);
    assert.match(status || "none", /^(4\d\d|none)$/, `round ${i}: ${text(raw).slice(0, 400)}\n${answer.slice(0, 200)}`);
    assert.is(
      it.recorder.acts.length,
      0,
      `${JSON.stringify(it.recorder.acts)} by round ${i}, or one at the same time: ${text(raw).slice(0, 400)}\n${answer}`,
    );
    if (answer !== "") assert.match(answer.slice(answer.indexOf("\r\n\r\n") + 4), /^(\{"error":9\d\d,.*\}\n)?$/s);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  });
  assert.equal(it.state, before);
  const twin = await fleet(3);
  assert.is(it.sim.traceHash, twin.traceHash);
  await twin.close();
  await works(it);
  assert.ok(statuses.size >= 8, `answers of many kinds: ${[...statuses.keys()].join()}`);
  assert.ok(megabytes() - from < 400, `${megabytes() - from} MB more`);
  console.log(`note: ${done} spoiled requests, refused with ${[...statuses].map((pair) => pair.join(": ")).sort().join(", ")}`); // prettier-ignore
  await it.close();
});

test("random bytes act only as the well-formed deeds that they spell", async () => {
  const it = await Served.open({}, await fleet(3));
  const from = megabytes();
  let answered = 0;
  const done = await rounds(async (i) => {
    const answer = await it.raw(mutated(new Rng(seed, `mutated ${i}`)), 40);
    if (answer === "") return;
    answered++;
    assert.match(answer, /^HTTP\/1\.1 (100|200|204|4\d\d) /, `round ${i}`);
  });
  const { acts } = it.recorder;
  const twin = await fleet(3);
  for (const act of acts) {
    if (act.what === "do") assert.equal(deeds.check(act.deed, 4), act.deed);
    if (act.what === "do") await twin.do(act.deed).catch(() => {});
    else if (act.what === "request") await twin.request(act.device, act.bytes).catch(() => {});
    else assert.ok(act.what !== "step" && act.what !== "fork", "nothing that was sent says so");
  }
  assert.is(it.sim.traceHash, twin.traceHash);
  assert.ok(twin.log.bytes().length === it.sim.log.bytes().length);
  await twin.close();
  await works(it);
  assert.ok(megabytes() - from < 600, `${megabytes() - from} MB more`);
  assert.ok(acts.length > 50, "some were still well-formed");
  console.log(`note: ${done} mutated requests, ${answered} answered, ${acts.length} acts repeated on the twin`);
  await it.close();
});

test.after(closeAll);
test.run();
