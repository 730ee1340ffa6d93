// A fleet behind a gateway, as a target: what is true of a target is true of it, over HTTP.

import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hex, u32 } from "../../host/device/bytes.ts";
import { Log } from "../../host/tape/log.ts";
import * as tape from "../../host/tape/tape.ts";
import * as query from "../../host/target/query.ts";
import * as remote from "../../host/target/remote.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { closeAll, fleet, Served, until } from "../gateway/served.ts";

/** The refusal that a promise ends in. */
async function refusedBy(asked: Promise<unknown>): Promise<refusal.Refused> {
  try {
    await asked;
  } catch (error) {
    assert.instance(error, refusal.Refused);
    return error as refusal.Refused;
  }
  throw new Error("it was not refused");
}

/** Whatever the request, this text with this status. */
async function stranger(status: number, text: string, headers: http.OutgoingHttpHeaders = {}) {
  const server = http.createServer((_, response) => response.writeHead(status, headers).end(text));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => (server.closeAllConnections(), server.close()) };
}

const same = (a: Log, b: Log): boolean => Buffer.compare(a.bytes(), b.bytes()) === 0;

test("its log is the fleet's log, from the first record on, and goes on with it", async () => {
  const it = await Served.open();
  const far = await remote.attach(it.gateway.url);
  assert.equal([far.kind, far.n, [...far.verbs]], ["remote", 4, [...it.sim.verbs]]);
  assert.ok(same(far.log, it.sim.log));
  assert.equal(far.log.header, it.sim.log.header);
  let facts = 0;
  far.log.on(() => facts++);
  await it.sim.advance(2000);
  await until(() => far.log.atUs === it.sim.log.atUs, "the newest fact");
  assert.ok(facts > 100 && same(far.log, it.sim.log));
  await far.close();
  await it.close();
});

test("deeds are done there, and their facts are on the log when they are done", async () => {
  const it = await Served.open();
  const far = await remote.attach(`${it.gateway.url}/`);
  await far.do({ do: "kill", device: 2 });
  assert.equal([far.up(2), it.sim.up(2)], [false, false]);
  assert.ok(same(far.log, it.sim.log));
  await far.do({ do: "restart", device: 2 });
  assert.is(far.up(2), true);
  await far.do({ do: "split", groups: [[0], [1, 2, 3]] });
  assert.ok(same(far.log, it.sim.log));
  await far.close();
  assert.is(it.sim.up(0), true, "the fleet goes on");
  await it.close();
});

test("requests are answered, and state is verified here, not there", async () => {
  const it = await Served.open();
  const far = await remote.attach(it.gateway.url);
  const { reason, answer, submitted } = await far.request(1, Uint8Array.of(6));
  assert.equal([reason, answer![0], answer![2], submitted], [0, 6, 1, null]);
  assert.is(u32(answer!, 12), it.sim.fleet.device(1).status.height);
  const kid = it.sim.fleet.device(3).kid;
  const paid = await far.request(0, query.pay(kid, 5n, 1n));
  assert.is(paid.reason, 0);
  assert.match(paid.submitted!, /^[0-9a-f]{16}$/);
  const looked = await query.look(far, 0, "account", "3");
  assert.equal([looked.kid, looked.found, looked.proofHolds], [kid, true, true]);
  assert.is((await far.request(0, Uint8Array.of(99))).reason > 0, true, "a device's own refusal is a reply");
  await far.close();
  await it.close();
});

test("time passes there: while it runs, and in steps while it is paused", async () => {
  const it = await Served.open();
  const far = await remote.attach(it.gateway.url);
  it.recorder.stage.pause();
  const from = far.nowMs;
  await far.advance(1500);
  assert.ok(Math.abs(it.sim.nowMs - from - 1500) < 1, `${it.sim.nowMs - from} ms`);
  assert.ok(same(far.log, it.sim.log));
  it.recorder.stage.resume();
  it.recorder.stage.setSpeed(10);
  const running = it.recorder.stage.run();
  await far.advance(1000);
  assert.ok(it.sim.nowMs >= from + 2500, `${it.sim.nowMs - from} ms`);
  it.recorder.stage.stop();
  await running;
  await far.close();
  await it.close();
});

test("after a fork its log is the new fleet's", async () => {
  const it = await Served.open();
  const far = await remote.attach(it.gateway.url);
  await far.do({ do: "kill", device: 1 });
  const old = far.log;
  const logs: Log[] = [];
  far.onLog((log) => logs.push(log));
  await it.post("/fork", { atUs: 2_000_000 });
  await until(() => logs.length > 0, "another log");
  assert.ok(logs[0] === far.log && far.log !== old && same(far.log, it.sim.log));
  assert.equal([far.up(1), far.nowMs < 2001], [true, true]);
  await far.do({ do: "kill", device: 3 });
  assert.equal([far.up(3), it.sim.up(3)], [false, false]);
  assert.ok(same(far.log, it.sim.log));
  await far.close();
  await it.close();
});

test("a fleet that has ended leaves its whole tape", async () => {
  const it = await Served.open();
  const far = await remote.attach(it.gateway.url);
  const logs: Log[] = [];
  far.onLog((log) => logs.push(log));
  await it.sim.advance(500);
  await it.sim.close();
  await until(() => far.log.ended, "the end");
  await new Promise((done) => setTimeout(done, 300));
  assert.equal(logs, [], "the same tape is not fetched again");
  assert.ok(same(far.log, it.sim.log));
  assert.is(tape.parse(far.log.bytes()).at(-1)!.type, tape.END);
  const { number } = await refusedBy(far.do({ do: "heal" }));
  assert.is(number, refusal.FLEET_OVER);
  await far.close();
  await it.close();
});

test("what the gateway refuses is refused here with the same number", async () => {
  const it = await Served.open();
  const far = await remote.attach(it.gateway.url);
  const numbers = [];
  numbers.push(await refusedBy(far.do({ do: "kill", device: 9 })));
  numbers.push(await refusedBy(far.do({ do: "explode" } as never)));
  await far.do({ do: "kill", device: 1 });
  numbers.push(await refusedBy(far.request(1, Uint8Array.of(6))));
  numbers.push(await refusedBy(far.request(0, new Uint8Array(1537))));
  assert.equal(
    numbers.map(({ number }) => number),
    [refusal.DEED_DEVICE, refusal.DEED_UNKNOWN, refusal.DEVICE_DOWN, refusal.DEED_FIELD],
  );
  await far.close();
  assert.is((await refusedBy(far.do({ do: "heal" }))).number, refusal.FLEET_OVER);
  await it.close();
});

test("a token comes with the address, or beside it", async () => {
  const token = "0123456789abcdef";
  const it = await Served.open({ token });
  assert.is((await refusedBy(remote.attach(it.gateway.url))).number, refusal.HTTP_TOKEN);
  assert.is((await refusedBy(remote.attach(it.gateway.url, { token: `${token}0` }))).number, refusal.HTTP_TOKEN);
  for (const far of [await remote.attach(it.gateway.link), await remote.attach(it.gateway.url, { token })]) {
    await far.do({ do: "heal" });
    assert.ok(same(far.log, it.sim.log));
    await far.close();
  }
  await it.close();
});

test("where nothing listens, or something else does, there is no fleet", async () => {
  const gone = await Served.open();
  const far = await remote.attach(gone.gateway.url);
  await gone.close();
  const { number, message } = await refusedBy(remote.attach(gone.gateway.url));
  assert.is(number, refusal.TARGET_ABSENT);
  assert.match(message, "synod up");
  assert.is((await refusedBy(far.advance(10))).number, refusal.TARGET_ABSENT);
  await far.close();
  for (const [status, text] of [
    [200, "<html>a router</html>"],
    [200, "{}"],
    [200, "null"],
    [404, "{}"],
    [500, '{"error":"no number"}'],
    [302, ""],
  ] as const) {
    const other = await stranger(status, text, { Location: gone.gateway.url });
    assert.is((await refusedBy(remote.attach(other.url))).number, refusal.TARGET_ABSENT, `${status} ${text}`);
    other.close();
  }
  for (const word of ["", "127.0.0.1:1", "ftp://127.0.0.1", "http://127.0.0.1:1/fleet", "http://127.0.0.1:1?x", "http://u@h", "http://h#x"])
    assert.is((await refusedBy(remote.attach(word))).number, refusal.TARGET_SHAPE, word); // prettier-ignore
});

test("a stream is read however its bytes are cut; what is no tape is noticed", async () => {
  const sim = await fleet(1);
  await sim.close();
  const bytes = sim.log.bytes();
  for (const size of [1, 7, 1000, bytes.length]) {
    const log = new Log();
    const reader = new remote.Reader(log);
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    assert.is(hex(log.bytes()), hex(bytes), `in pieces of ${size}`);
  }
  assert.throws(() => new remote.Reader(new Log()).push(new Uint8Array(16)), /no tape/);
  const vast = new Uint8Array([...tape.head(), 20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  assert.throws(() => new remote.Reader(new Log()).push(vast), /a record of/);
});

test.after(closeAll);
test.run();
