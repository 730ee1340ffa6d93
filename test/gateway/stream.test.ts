// The tape over HTTP: the bytes of the file, as they come, for as many as the gateway can serve; nobody holds the others up.

import * as http from "node:http";
import * as net from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hex } from "../../host/device/bytes.ts";
import * as rerun from "../../host/fleet/rerun.ts";
import * as facts from "../../host/tape/fleet.ts";
import { Log } from "../../host/tape/log.ts";
import * as tape from "../../host/tape/tape.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { closeAll, fleet, Served, until } from "./served.ts";

const MEBIBYTE = 1 << 20;

/** A reader of the tape, as curl is one. */
class Reader {
  readonly parts: Buffer[] = [];
  length = 0;
  response: http.IncomingMessage | null = null;
  /** null: still open. */
  end: "whole" | "broken" | null = null;
  readonly request: http.ClientRequest;

  constructor({ gateway }: Served, path = "/tape") {
    this.request = http.get(gateway.url + path, { agent: false }, (response) => {
      this.response = response;
      response.on("data", (part: Buffer) => {
        this.parts.push(part);
        this.length += part.length;
      });
      response.on("error", () => {});
      response.on("close", () => (this.end = response.complete ? "whole" : "broken"));
    });
    this.request.on("error", () => (this.end ??= "broken"));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** One who asks for the tape, and reads nothing. */
function deaf({ port }: Served): net.Socket {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => {}).pause();
  socket.write("GET /tape HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return socket;
}

/** A record of a mebibyte; what it says does not matter. */
const large = (atUs: number): facts.Fact => ({
  type: facts.PAGE,
  atUs,
  device: 0,
  twin: false,
  whole: true,
  runs: new Uint8Array(MEBIBYTE - 20),
});

test("the tape of a running fleet, taken while it runs, repeats to the same records", async () => {
  const it = await Served.open();
  const running = it.recorder.stage.run();
  const reader = new Reader(it);
  await until(() => reader.length > 0, "the tape so far");
  const before = reader.length;
  await it.post("/deed", { do: "kill", device: 2 });
  await it.post("/deed", { do: "request", device: 0, hex: "06" });
  await it.post("/time", { speed: 20 });
  await until(() => it.sim.nowMs > 12_000, "some seconds of the fleet");
  await it.post("/deed", { do: "restart", device: 2 });
  await until(() => it.sim.nowMs > 16_000, "some more");
  reader.request.destroy();
  const got = reader.bytes;
  it.recorder.stage.stop();
  await running;
  assert.ok(got.length > before + 10_000, `${got.length - before} live bytes`);
  assert.is(hex(got), hex(it.sim.log.bytes(), 0, got.length), "the bytes of the log itself");
  const log = new Log();
  const { lastUs } = rerun.read(got);
  const again = rerun.repeat(got, { untilUs: lastUs + 1, log }); // pages are written once their time is over
  const whole = tape.take(got).records.filter(({ type }) => type !== tape.END);
  const repeated = tape.parse(log.bytes());
  assert.ok(
    whole.length > 1000 && repeated.length >= whole.length,
    `${whole.length} records, ${repeated.length} again`,
  );
  whole.forEach(({ type, payload }, i) =>
    assert.is(`${repeated[i].type} ${hex(repeated[i].payload)}`, `${type} ${hex(payload)}`, `record ${i}`),
  );
  again.close();
  await it.close();
});

test("a fleet that ended: its tape ends too, with its trace hash, and repeats to it", async () => {
  const it = await Served.open();
  const reader = new Reader(it);
  await until(() => reader.length > 0, "the tape so far");
  await it.sim.advance(1000);
  const { traceHash } = it.sim;
  await it.sim.close();
  await until(() => reader.end !== null, "the end");
  assert.is(reader.end, "whole");
  const last = tape.parse(reader.bytes).at(-1)!;
  assert.equal([last.type, hex(last.payload)], [tape.END, traceHash]);
  const again = rerun.repeat(reader.bytes);
  assert.is(again.traceHash, traceHash);
  again.close();
  await it.close();
});

test("one reader too many is told so; when one leaves there is room again", async () => {
  const it = await Served.open({ limits: { streams: 3 } });
  const readers = [new Reader(it), new Reader(it), new Reader(it)];
  await until(() => readers.every(({ length }) => length > 0), "three streams");
  const before = it.state;
  const { status, json, headers } = await it.ask("/tape");
  assert.equal([status, json.error, headers["retry-after"]], [429, refusal.HTTP_BUSY, "1"]);
  assert.is((await it.ask("/fleet")).status, 200, "what is no stream goes on");
  assert.equal(it.state, before);
  readers[0].request.destroy();
  let told = 429;
  for (const endMs = performance.now() + 5000; told === 429 && performance.now() < endMs;)
    told = (await it.ask("/tape?live=0")).status;
  assert.is(told, 200);
  await it.close();
});

test("readers that vanish leave their places at once, also those that asked several times in one breath", async () => {
  const it = await Served.open({ limits: { streams: 4, stalledMs: 60_000 } });
  const ask = "GET /tape HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (let round = 0; round < 10; round++) {
    const sockets = [1, 2, 3].map(() => net.connect(it.port, "127.0.0.1"));
    for (const [i, socket] of sockets.entries()) {
      socket.on("error", () => {}).write(ask.repeat(1 + i));
      socket.once("data", () => socket.resetAndDestroy());
    }
    await until(() => sockets.every(({ destroyed }) => destroyed), "all of them to vanish");
  }
  let told = 429;
  for (const endMs = performance.now() + 10_000; told === 429 && performance.now() < endMs;)
    told = (await it.ask("/tape?live=0")).status;
  assert.is(told, 200);
  await it.close();
});

test("connections beyond the limit are dropped, and the others served", async () => {
  const it = await Served.open({ limits: { connections: 8 } });
  const sockets = Array.from({ length: 30 }, () => net.connect(it.port, "127.0.0.1"));
  let closed = 0;
  for (const socket of sockets)
    socket
      .on("error", () => {})
      .on("close", () => closed++)
      .resume();
  await until(() => closed >= 22, "22 of 30 dropped");
  sockets.find(({ destroyed, readyState }) => !destroyed && readyState === "open")!.end();
  let answered = 0;
  for (let i = 0; i < 100 && answered !== 200; i++)
    answered = await it.ask("/fleet").then(({ status }) => status, () => 0); // prettier-ignore
  assert.is(answered, 200);
  for (const socket of sockets) socket.destroy();
  await it.close();
});

test("a reader that takes nothing is cut off; what waits for it is bounded", async () => {
  const it = await Served.open({ limits: { backlogBytes: 2 * MEBIBYTE, stalledMs: 60_000 } });
  const socket = deaf(it);
  const good = new Reader(it);
  await until(() => good.length > 0, "a good reader beside it");
  let given = 0;
  for (; given < 60 && it.notes.length === 0; given++) {
    it.sim.log.add(large(4_000_000 + given));
    const all = it.sim.log.bytes().length;
    await until(() => good.length >= all || it.notes.length > 0, "the good reader keeps up");
  }
  assert.ok(given < 30, `${given} MiB before it was cut off: the system's buffers, and 2`);
  assert.match(it.notes.join(), "cut off: it reads too slowly");
  await until(() => good.length === it.sim.log.bytes().length, "all bytes for the good reader");
  assert.is(good.end, null, "it goes on");
  socket.destroy();
  good.request.destroy();
  await it.close();
});

test("a reader that stops in the middle of the past is cut off after a while", async () => {
  const sim = await fleet(1);
  for (let i = 0; i < 24; i++) sim.log.add(large(2_000_000 + i));
  const it = await Served.open({ limits: { stalledMs: 300 } }, sim);
  const socket = deaf(it);
  await until(() => it.notes.length > 0, "a note");
  assert.match(it.notes.join(), "cut off: it takes nothing");
  socket.destroy();
  await it.close();
});

test("a slow reader that keeps reading gets every byte once", async () => {
  const sim = await fleet(1);
  for (let i = 0; i < 24; i++) sim.log.add(large(2_000_000 + i));
  const it = await Served.open({}, sim);
  const reader = new Reader(it);
  await until(() => reader.response !== null, "the head");
  const { response } = reader;
  const slow = setInterval(() => (response!.isPaused() ? response!.resume() : response!.pause()), 10);
  for (let i = 0; i < 20; i++) {
    await sim.advance(100);
    await new Promise((done) => setTimeout(done, 5));
  }
  await until(() => reader.length === sim.log.bytes().length, "all bytes");
  clearInterval(slow);
  assert.ok(reader.bytes.equals(sim.log.bytes()));
  await it.close();
});

test("no stream begins while too much waits for the others", async () => {
  const sim = await fleet(1);
  for (let i = 0; i < 30; i++) sim.log.add(large(2_000_000 + i));
  const it = await Served.open({ limits: { waitingBytes: 4 * MEBIBYTE } }, sim);
  const socket = deaf(it);
  await new Promise((done) => setTimeout(done, 200));
  assert.is((await it.ask("/tape?live=0")).json?.error, refusal.HTTP_BUSY);
  socket.destroy();
  await it.close();
});

test("while a fleet is forked nothing else moves it", async () => {
  const it = await Served.open();
  const { stage } = it.recorder;
  let go = (): void => {};
  const fork = stage.fork.bind(stage);
  stage.fork = async (atUs) => {
    await new Promise<void>((done) => (go = done));
    return fork(atUs);
  };
  const forking = it.post("/fork", { atUs: 1_000_000 });
  await until(() => it.recorder.acts.length === 1, "the fork has begun");
  const before = it.state;
  for (const asked of [
    it.post("/deed", { do: "kill", device: 1 }),
    it.post("/fork", { atUs: 5 }),
    it.post("/time", { step: 10 }),
    it.ask("/tx", { method: "POST", headers: { "Content-Type": "application/cose" }, body: "tx" }),
    it.ask("/state/status"),
  ])
    assert.is((await asked).json.error, refusal.HTTP_BUSY);
  assert.equal(it.state, before);
  assert.is((await it.ask("/fleet")).status, 200);
  go();
  assert.is((await forking).json.generation, 1);
  assert.is((await it.post("/deed", { do: "kill", device: 1 })).status, 200);
  await it.close();
});

test("only so many requests are carried out at once", async () => {
  const it = await Served.open({ limits: { requests: 2 } });
  const open = [1, 2].map(() => {
    const socket = net.connect(it.port, "127.0.0.1");
    const head =
      "POST /deed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n";
    socket.on("error", () => {}).write(head);
    return socket;
  });
  let told: any = null;
  for (let i = 0; i < 200 && told?.error === undefined; i++) told = (await it.ask("/state/status")).json;
  assert.is(told.error, refusal.HTTP_BUSY);
  let healed = "";
  open[0].on("data", (part) => (healed += part.toString())).write('{"do":"heal"}');
  await until(() => healed.includes("healed"), "the request that was begun is carried out");
  assert.is((await it.ask("/state/status")).status, 200);
  for (const socket of open) socket.destroy();
  await it.close();
});

test("closing ends streams after their last byte, and lets nobody keep it from closing", async () => {
  const it = await Served.open();
  const reader = new Reader(it);
  const idle = net.connect(it.port, "127.0.0.1");
  const stuck = net.connect(it.port, "127.0.0.1");
  for (const socket of [idle, stuck]) socket.on("error", () => {}).resume();
  stuck.write("POST /deed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n");
  await until(() => reader.length > 0, "a stream");
  const expected = it.sim.log.bytes();
  await it.gateway.close();
  await until(() => reader.end !== null, "the end of the stream");
  assert.is(reader.end, "whole");
  assert.ok(reader.bytes.equals(expected));
  await it.gateway.close();
  await it.close();
});

test.after(closeAll);
test.run();
