// What the gateway offers: every path does what its README says, to the fleet that stands behind it.

import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as request from "../../firmware/wire/request.ts";
import * as client from "../../host/client/client.ts";
import { fromHex, hex } from "../../host/device/bytes.ts";
import * as tape from "../../host/tape/tape.ts";
import * as remote from "../../host/target/remote.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { closeAll, fleet, Served, until } from "./served.ts";

const SCRIPT = 'document.body.textContent = "a < b";';
const STYLE = "body { color: teal }";
const PAGE = `<!doctype html><title>x</title><style>${STYLE}</style><body><script type="module">${SCRIPT}</script>`;
const sha256 = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const it = await Served.open({ page: PAGE });
test.after(closeAll);

test("GET / is the page, and its policy lets its own script and style run and nothing else", async () => {
  const { status, headers, text } = await it.ask("/");
  assert.is(status, 200);
  assert.is(text, PAGE);
  assert.match(headers["content-type"]!, "text/html");
  const policy = headers["content-security-policy"] as string;
  assert.ok(policy.includes(`script-src ${sha256(SCRIPT)} 'wasm-unsafe-eval';`), policy);
  assert.ok(policy.includes(`style-src ${sha256(STYLE)};`), policy);
  assert.match(policy, "default-src 'none'");
  assert.match(policy, "connect-src 'self'");
  assert.match(policy, "frame-ancestors 'none'");
  assert.not.match(policy, /unsafe-inline|'unsafe-eval'|unsafe-hashes/);
});

test("every answer forbids guessing, framing, caching and sharing", async () => {
  for (const path of ["/", "/fleet", "/tape?live=0", "/state/status", "/nowhere"]) {
    const { headers } = await it.ask(path);
    assert.is(headers["x-content-type-options"], "nosniff", path);
    assert.is(headers["cache-control"], "no-store", path);
    assert.is(headers["referrer-policy"], "no-referrer", path);
    assert.is(headers["cross-origin-resource-policy"], "same-origin", path);
    assert.is(headers["cross-origin-opener-policy"], "same-origin", path);
    assert.match(headers["content-security-policy"] as string, "default-src 'none'", path);
    assert.is(headers["access-control-allow-origin"], undefined, path);
  }
});

test("GET /fleet says what runs", async () => {
  const { status, json } = await it.ask("/fleet");
  const { sim } = it;
  assert.is(status, 200);
  assert.equal(
    [json.kind, json.n, json.verbs, json.nowMs, json.paused, json.speed, json.generation, json.forkable],
    ["sim", 4, [...sim.verbs], sim.nowMs, false, 1, 0, true],
  );
  assert.is(json.cell, sim.log.header!.cell);
  assert.equal(
    json.devices,
    [0, 1, 2, 3].map((device) => ({ device, up: true, kid: sim.fleet.device(device).kid })),
  );
});

test("GET /tape?live=0 is the tape so far, to the byte, and a file that reads as one", async () => {
  const { headers, text } = await it.ask("/tape?live=0");
  const bytes = it.sim.log.bytes();
  assert.is(hex(Buffer.from(text, "latin1")), hex(bytes));
  assert.is(headers["content-length"], String(bytes.length));
  assert.is(headers["synod-generation"], "0");
  assert.ok(tape.parse(bytes).length > 100);
});

test("GET /state/... is a device's own answer, its proof verified", async () => {
  const status = (await it.ask("/state/status?device=2")).json;
  assert.is(status.device, 2);
  assert.is(status.finalHeight, it.sim.fleet.device(2).status.height);
  const { kid, publicKey } = it.sim.fleet.device(1);
  const account = (await it.ask("/state/account/1")).json;
  assert.equal([account.kid, account.found, account.proofHolds], [kid, true, true]);
  assert.match(account.balance, /^\d+$/);
  assert.is((await it.ask(`/state/key/${kid}`)).json.publicKey, publicKey);
  assert.is((await it.ask("/state/readings/1")).json.proofHolds, true);
  assert.is((await it.ask("/state/account/0123456789abcdef")).json.found, false);
});

test("POST /deed does a deed, and says it in words", async () => {
  const killed = await it.post("/deed", { do: "kill", device: 3 });
  assert.equal([killed.status, killed.json], [200, { done: "device 3 is killed" }]);
  assert.is(it.sim.up(3), false);
  assert.is((await it.ask("/fleet")).json.devices[3].up, false);
  await it.post("/deed", { do: "restart", device: 3 });
  assert.is(it.sim.up(3), true);
  for (const deed of [
    {
      do: "split",
      groups: [
        [0, 1],
        [2, 3],
      ],
    },
    { do: "heal" },
    { do: "slow", device: 1, ms: 20 },
    { do: "slow", device: 1, ms: 0 },
    { do: "corrupt", device: 1, rate: 0.5 },
    { do: "corrupt", device: 1, rate: 0 },
  ])
    assert.is((await it.post("/deed", deed)).status, 200, JSON.stringify(deed));
  const { reply } = (await it.post("/deed", { do: "request", device: 0, hex: "06" })).json;
  assert.equal([reply.reason, reply.submitted, fromHex(reply.answer)[0]], [0, null, 6]);
});

test("POST /time pauses, sets the pace, steps", async () => {
  const before = it.sim.nowMs;
  assert.is((await it.post("/time", { paused: true, speed: 4 })).json.speed, 4);
  assert.is(it.recorder.paused, true);
  const stepped = (await it.post("/time", { step: 500 })).json;
  assert.ok(Math.abs(stepped.nowMs - before - 500) < 1, `${stepped.nowMs - before} ms`);
  assert.is((await it.post("/time", { paused: false, speed: null })).json.speed, null);
  assert.is(it.recorder.speed, Infinity);
  await it.post("/time", { speed: 1 });
});

test("POST /tx submits a signed transaction, which becomes final", async () => {
  const me = client.signer(new Uint8Array(32).fill(7));
  const request = async (text: string): Promise<void> => {
    const { json } = await it.post("/deed", { do: "request", device: 0, hex: text });
    assert.is(json.reply.reason, 0);
    assert.match(json.reply.submitted, /^[0-9a-f]{16}$/);
    await it.post("/time", { step: 4000 });
  };
  await request(`05${hex(me.pub)}`);
  await request(`04${hex(me.kid)}${"6400000000000000"}${"0100000000000000"}`); // PAY 100, fee 1
  const terms = { cell: fromHex(it.sim.log.header!.cell), nonce: 0n, fee: 1n, expiry: 10_000 };
  const signed = client.transfer(me, terms, fromHex(it.sim.fleet.device(2).kid), 25n);
  const headers = { "Content-Type": "application/cose" };
  const said = (await it.ask("/tx?device=1", { method: "POST", headers, body: signed })).json;
  assert.equal([said.id, said.reason], [hex(client.id(signed)), 0]);
  await it.post("/time", { step: 4000 });
  const { balance, nonce } = (await it.ask(`/state/account/${hex(me.kid)}`)).json;
  assert.equal([balance, nonce], ["74", "1"]);
  const again = (await it.ask("/tx", { method: "POST", headers, body: signed })).json;
  assert.ok(again.reason > 0, "its nonce is used up");
  assert.match(again.sentence, `ERRORS.md#e${again.reason}`);
});

test("POST /fork goes back, streams of the old fleet end, and the new one has a tape of its own", async () => {
  const streamed = it.ask("/tape");
  await until(() => it.recorder.stage.target.log !== null, "a log");
  await new Promise((done) => setTimeout(done, 50));
  const { status, json } = await it.post("/fork", { atUs: 2_000_000 });
  assert.equal([status, json.generation, json.nowMs], [200, 1, 2000]);
  const old = await streamed;
  assert.is(old.headers["synod-generation"], "0");
  assert.ok(tape.take(Buffer.from(old.text, "latin1")).records.length > 100);
  const fresh = await it.ask("/tape?live=0");
  assert.is(fresh.headers["synod-generation"], "1");
  assert.is(fresh.text, Buffer.from(it.sim.log.bytes()).toString("latin1"));
});

test("HEAD and OPTIONS say what is there, without doing it", async () => {
  const before = it.state;
  for (const path of ["/", "/fleet", "/tape"]) {
    const { status, text } = await it.ask(path, { method: "HEAD" });
    assert.equal([status, text], [200, ""], path);
  }
  const allowed = async (path: string) => (await it.ask(path, { method: "OPTIONS" })).headers.allow;
  assert.is(await allowed("/fleet"), "GET, HEAD, OPTIONS");
  assert.is(await allowed("/state/status"), "GET, OPTIONS");
  assert.is(await allowed("/deed"), "POST, OPTIONS");
  assert.equal(it.state, before);
});

test("a body of small pieces, chunked, and one that waits for 100 Continue are as good as whole ones", async () => {
  const head = "POST /deed HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n";
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"do"\r\n8\r\n:"heal"}\r\n0\r\n\r\n`;
  assert.match(await it.raw(chunked), /200 OK[^]*healed/);
  const waited = await it.raw(`${head}Content-Length: 13\r\nExpect: 100-continue\r\n\r\n{"do":"heal"}`);
  assert.match(waited, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
});

test("members are listed behind the devices that vote, can be killed and asked at their console, and hold no state", async () => {
  const sim = await fleet(1, 1, 2);
  const served = await Served.open({}, sim);
  const far = await remote.attach(served.gateway.url);
  const { json } = await served.ask("/fleet");
  assert.equal([json.n, json.devices.map(({ up }: { up: boolean }) => up)], [4, Array(6).fill(true)]);
  assert.equal([far.n, far.devices], [4, 6]);
  await far.do({ do: "kill", device: 5 });
  assert.equal([far.up(4), far.up(5), sim.up(5)], [true, false, false]);
  const { answer } = await far.request(4, Uint8Array.of(request.STATUS));
  assert.is(answer?.[2], 255, "nobody among those that vote");
  const number = async (path: string, body?: object): Promise<number> =>
    (await served.ask(path, body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).json.error; // prettier-ignore
  assert.is(await number("/state/status?device=4"), refusal.DEED_DEVICE);
  assert.is(await number("/deed", { do: "kill", device: 6 }), refusal.DEED_DEVICE);
  await far.close();
  await served.close();
});

test("two gateways cannot have one port; a closed one gives its port back", async () => {
  const first = await Served.open();
  const port = first.port;
  let taken: NodeJS.ErrnoException | null = null;
  try {
    await Served.open({ port }, it.sim);
  } catch (error) {
    taken = error as NodeJS.ErrnoException;
  }
  assert.is(taken?.code, "EADDRINUSE");
  await first.close();
  const second = await Served.open({ port });
  assert.is((await second.ask("/fleet")).status, 200);
  await second.close();
});

test.run();
