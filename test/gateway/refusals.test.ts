// What the gateway refuses: each by its number, in JSON, with the fleet exactly as it was.

import * as net from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as server from "../../host/gateway/server.ts";
import * as refusal from "../../host/wire/refusal.ts";
import * as words from "../../host/wire/words.ts";
import { closeAll, fleet, Served, until, type Answered, type Request } from "./served.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const KILL = '{"do":"kill","device":1}';
const TOKEN = "correct-horse-battery-staple";

const it = await Served.open({ limits: { headersMs: 700, bodyMs: 500 } });
test.after(closeAll);

/** The JSON of an answer as it came over the wire. */
const bodyOf = (raw: string): any => JSON.parse(raw.slice(raw.indexOf("\r\n\r\n") + 4));

/** `ask` is refused with this number and status, and nothing has happened. */
async function refused(number: number, status: number, asking: Promise<Answered> | (() => Promise<Answered>), at = it) {
  const before = at.state;
  const { status: given, json, headers, text } = await (typeof asking === "function" ? asking() : asking);
  assert.equal([json?.error, given], [number, status], text.slice(0, 200));
  assert.is(json.name, words.reasonName(number));
  assert.is(json.see, words.anchor(number));
  assert.ok(json.sentence.length > 10, json.sentence);
  assert.is(headers["access-control-allow-origin"], undefined);
  assert.equal(at.state, before);
  return { json, headers };
}

/** The same for bytes on a socket. */
async function refusedRaw(number: number, status: number, bytes: string | Uint8Array, waitMs = 3000): Promise<string> {
  const before = it.state;
  const answer = await it.raw(bytes, waitMs);
  assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), answer.slice(0, 200));
  assert.is(bodyOf(answer).error, number, answer);
  assert.equal(it.state, before);
  return answer;
}

const deed = (headers: Record<string, string>, body: string | Uint8Array = KILL): Request => ({
  method: "POST",
  headers: { ...JSON_TYPE, ...headers },
  body,
});

test("an unknown path is 404 by number", async () => {
  for (const path of [
    "/nowhere",
    "/deed/",
    "/%2e%2e/etc/passwd",
    "/../package.json",
    "//evil",
    "/state/secret/1",
    "/Fleet",
  ])
    await refused(refusal.HTTP_PATH, 404, it.ask(path));
  await refused(refusal.HTTP_PATH, 404, it.ask("/"), it); // this gateway was given no page
  await refusedRaw(
    refusal.HTTP_PATH,
    404,
    "GET http://localhost/fleet HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
  );
  await refusedRaw(refusal.HTTP_PATH, 404, "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
});

test("another method is 405, and Allow names the right one", async () => {
  const { headers } = await refused(refusal.HTTP_METHOD, 405, it.ask("/deed"));
  assert.is(headers.allow, "POST, OPTIONS");
  for (const [method, path] of [
    ["POST", "/fleet"],
    ["PUT", "/deed"],
    ["DELETE", "/fleet"],
    ["PATCH", "/time"],
    ["HEAD", "/state/status"],
    ["TRACE", "/fleet"],
  ] as const)
    if (method === "HEAD") assert.is((await it.ask(path, { method })).status, 405);
    else await refused(refusal.HTTP_METHOD, 405, it.ask(path, { method }));
  await refusedRaw(refusal.HTTP_METHOD, 405, "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n");
});

test("a Host header that names another machine: DNS rebinding ends here", async () => {
  for (const Host of [
    "evil.example",
    "evil.example:7777",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "10.0.0.1",
    "a b",
    "[::2]",
    "127.0.0.2",
  ])
    await refused(refusal.HTTP_HOST, 421, it.ask("/deed", deed({ Host })));
  await refusedRaw(refusal.HTTP_HOST, 421, "GET /fleet HTTP/1.1\r\nConnection: close\r\n\r\n");
  await refusedRaw(refusal.HTTP_HOST, 421, "GET /fleet HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n");
  await refusedRaw(refusal.HTTP_HOST, 421, "GET /fleet HTTP/1.0\r\n\r\n");
  for (const Host of ["localhost", `127.0.0.1:${it.port}`, "LOCALHOST:1", "[::1]:8080"])
    assert.is((await it.ask("/fleet", { headers: { Host } })).status, 200, Host);
});

test("a page of another origin may ask nothing", async () => {
  const own = `127.0.0.1:${it.port}`;
  for (const Origin of [
    "http://evil.example",
    "null",
    "https://" + own,
    `http://127.0.0.1:${it.port + 1}`,
    `http://localhost:${it.port}`,
    "file://",
    "",
  ])
    for (const path of ["/deed", "/fleet"])
      await refused(
        refusal.HTTP_ORIGIN,
        403,
        it.ask(path, path === "/deed" ? deed({ Origin }) : { headers: { Origin } }),
      );
  for (const site of ["cross-site", "same-site", "odd"])
    for (const path of ["/", "/fleet", "/tape", "/state/status"])
      await refused(refusal.HTTP_ORIGIN, 403, it.ask(path, { headers: { "Sec-Fetch-Site": site } }));
  const preflight = { Origin: "http://evil.example", "Access-Control-Request-Method": "POST" };
  await refused(refusal.HTTP_ORIGIN, 403, it.ask("/deed", { method: "OPTIONS", headers: preflight }));
  const good = [
    ["Origin", `http://${own}`],
    ["Sec-Fetch-Site", "same-origin"],
    ["Sec-Fetch-Site", "none"],
  ];
  for (const [name, value] of good) assert.is((await it.ask("/fleet", { headers: { [name]: value } })).status, 200);
});

test("an address that others reach takes a token, and a token is long", async () => {
  const sim = it.recorder;
  for (const bind of ["0.0.0.0", "::", "192.0.2.1", "example.org"]) {
    try {
      await server.serve(sim, { port: 0, bind });
      assert.unreachable(`${bind} was bound without a token`);
    } catch (error) {
      assert.is((error as refusal.Refused).number, refusal.HTTP_TOKEN);
    }
  }
  for (const token of [
    "",
    "short",
    "with spaces in its midst",
    "x".repeat(300),
    'quote"quote"quote"quote',
    "plus+slash/equals==",
  ]) {
    try {
      await server.serve(sim, { port: 0, token });
      assert.unreachable(`"${token}" is no token`);
    } catch (error) {
      assert.is((error as refusal.Refused).number, refusal.HTTP_TOKEN);
    }
  }
});

test("with a token, every request but that for the page carries it", async () => {
  const guarded = await Served.open({ token: TOKEN, page: "<p>page</p>", bind: "0.0.0.0" });
  try {
    const url = guarded.gateway.url;
    assert.is(guarded.gateway.link, `${url}/#token=${TOKEN}`);
    for (const Authorization of [
      "",
      "Bearer",
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
      `Basic ${TOKEN}`,
      TOKEN,
      `Bearer ${TOKEN} x`,
    ])
      for (const path of ["/fleet", "/tape", "/state/status", "/nowhere", `/fleet?token=${TOKEN}`, "/?x"]) {
        const { headers } = await refused(
          refusal.HTTP_TOKEN,
          401,
          guarded.ask(path, { headers: { Authorization } }),
          guarded,
        );
        assert.is(headers["www-authenticate"], "Bearer");
      }
    for (const path of ["/deed", "/tx", "/time", "/fork"])
      await refused(refusal.HTTP_TOKEN, 401, guarded.ask(path, deed({})), guarded);
    const Authorization = `Bearer ${TOKEN}`;
    assert.is((await guarded.ask("/fleet", { headers: { Authorization } })).status, 200);
    assert.is((await guarded.ask("/deed", deed({ Authorization }))).status, 200);
    assert.is((await guarded.ask("/")).text, "<p>page</p>");
    await refused(refusal.HTTP_ORIGIN, 403, guarded.ask("/", { headers: { Origin: "http://evil.example" } }), guarded);
  } finally {
    await guarded.close();
  }
});

test("a body of another type, or encoded", async () => {
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "",
    "application/jsonx",
    "application/json; charset=utf-16",
    "application/cose",
  ])
    await refused(refusal.HTTP_TYPE, 415, it.ask("/deed", deed({ "Content-Type": type })));
  await refused(refusal.HTTP_TYPE, 415, it.ask("/deed", deed({ "Content-Encoding": "gzip" })));
  await refused(refusal.HTTP_TYPE, 415, it.ask("/tx", deed({})));
});

test("a body of a size that the path does not take", async () => {
  const filled = (bytes: number): string => `{"do":"heal"${" ".repeat(bytes - 13)}}`;
  await refused(refusal.HTTP_SIZE, 413, it.ask("/deed", deed({}, filled(4097))));
  for (const path of ["/time", "/fork"])
    await refused(refusal.HTTP_SIZE, 413, it.ask(path, deed({}, " ".repeat(5000))));
  const cose = { "Content-Type": "application/cose" };
  await refused(refusal.HTTP_SIZE, 413, it.ask("/tx", deed(cose, new Uint8Array(66_000))));
  await refused(refusal.HTTP_SIZE, 413, it.ask("/tx", deed(cose, new Uint8Array(0))));
  await refused(refusal.HTTP_SIZE, 413, it.ask("/fleet", { headers: { "Content-Length": "4" }, body: "body" }));
  assert.is((await it.ask("/deed", deed({}, filled(4096)))).status, 200);
});

test("a body is cut off as it becomes too large, not afterwards", async () => {
  const before = it.state;
  for (const framing of ["Content-Length: 1000000000", "Transfer-Encoding: chunked"]) {
    const socket = net.connect(it.port, "127.0.0.1");
    let answer = "";
    let over = false;
    socket.on("data", (part) => (answer += part.toString()));
    socket.on("close", () => (over = true)).on("error", () => {});
    socket.write(`POST /deed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`);
    const piece = `4000\r\n${"x".repeat(0x4000)}\r\n`;
    await until(() => {
      while (socket.writableLength < 1_000_000 && !over && socket.writable) socket.write(piece);
      return over;
    }, "an end to the connection");
    assert.match(answer, /^HTTP\/1.1 413 /);
    assert.is(bodyOf(answer).error, refusal.HTTP_SIZE);
    assert.ok(socket.bytesWritten < 16_000_000, `${socket.bytesWritten} bytes were taken before the end`);
  }
  assert.equal(it.state, before);
});

test("what is no JSON object of known fields", async () => {
  const bodies = [
    "",
    "{",
    "null",
    "7",
    '"kill"',
    "[]",
    `[${KILL}]`,
    `${KILL}${KILL}`,
    "{'do':'heal'}",
    '{"do":"heal","do":"kill","device":1}',
  ];
  bodies.push(
    '{"do":{"do":"kill"},"device":1}',
    `${"[".repeat(2000)}${"]".repeat(2000)}`,
    '{"do":"split","groups":[[[0]]]}',
  );
  for (const body of bodies) await refused(refusal.HTTP_JSON, 400, it.ask("/deed", deed({}, body)));
  const odd = Buffer.from('{"do":"he\xffal"}', "latin1");
  await refused(refusal.HTTP_JSON, 400, it.ask("/deed", deed({}, odd))); // not UTF-8
  await refused(refusal.HTTP_JSON, 400, it.post("/time", { pause: true }));
  await refused(refusal.HTTP_JSON, 400, it.post("/fork", { atUs: 1, more: 1 }));
  const proto = '{"__proto__":{"do":"heal"}}';
  await refused(refusal.HTTP_JSON, 400, it.ask("/deed", deed({}, proto)));
});

test("deeds that this fleet cannot do", async () => {
  await refused(refusal.DEED_UNKNOWN, 400, it.post("/deed", { do: "explode" }));
  await refused(refusal.DEED_UNKNOWN, 400, it.post("/deed", { do: "toString" }));
  await refused(refusal.DEED_DEVICE, 400, it.post("/deed", { do: "kill", device: 4 }));
  for (const device of [-1, 1e300]) await refused(refusal.DEED_DEVICE, 400, it.post("/deed", { do: "kill", device }));
  for (const device of [0.5, "1", null, true])
    await refused(refusal.DEED_FIELD, 400, it.post("/deed", { do: "kill", device }));
  await refused(refusal.DEED_FIELD, 400, it.post("/deed", { do: "kill", device: 1, device2: 1 }));
  await refused(refusal.DEED_FIELD, 400, it.post("/deed", { do: "slow", device: 1, ms: 1e9 }));
  for (const hex of ["", "0", "zz", "06".repeat(1537)])
    await refused(refusal.DEED_FIELD, 400, it.post("/deed", { do: "request", device: 1, hex }));
});

test("times that are none, and forks to where the fleet never was", async () => {
  for (const change of [
    {},
    { paused: 1 },
    { speed: "fast" },
    { speed: 0 },
    { speed: -1 },
    { speed: 1e9 },
    { step: 0 },
    { step: 1e9 },
    { step: 5, paused: false },
  ]) {
    const before = it.sim.traceHash;
    const { json, status } = await it.post("/time", change);
    assert.equal([json.error, status], [refusal.DEED_FIELD, 400], JSON.stringify(change));
    assert.is(it.sim.traceHash, before);
  }
  for (const atUs of [-1, 0.5, "0", null, [1]]) await refused(refusal.DEED_FIELD, 400, it.post("/fork", { atUs }));
  const { json } = await it.post("/fork", { atUs: 1e12 });
  assert.is(json.error, refusal.HTTP_FORK);
  assert.is(it.recorder.generation, 0);
});

test("parameters that are none", async () => {
  for (const path of [
    "/fleet?x=1",
    "/tape?live=2",
    "/tape?live=0&live=0",
    "/state/status?device=one",
    "/state/status?device=-1",
    "/state/status?device=1&device=2",
    "/state/account/",
    "/state/account/xyz",
    "/state/key/123456789abcdef",
    "/state/account/0%00",
  ])
    await refused(refusal.HTTP_QUERY, 400, it.ask(path));
  for (const path of ["/state/status?device=4", "/state/account/44"]) {
    const { json } = await it.ask(path);
    assert.is(json.error, refusal.DEED_DEVICE, path);
  }
});

test("a device that is down says nothing", async () => {
  const other = await Served.open();
  await other.post("/deed", { do: "kill", device: 1 });
  const { traceHash } = other.sim;
  assert.is((await other.ask("/state/status?device=1")).json.error, refusal.DEVICE_DOWN);
  assert.is((await other.post("/deed", { do: "request", device: 1, hex: "06" })).json.error, refusal.DEVICE_DOWN);
  assert.is(other.sim.traceHash, traceHash);
  await other.sim.close();
  assert.is((await other.post("/deed", { do: "heal" })).json.error, refusal.FLEET_OVER);
  await other.close();
});

test("what is no HTTP, or says a header twice", async () => {
  const head = "POST /deed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n";
  for (const bytes of [
    "hello\r\n\r\n",
    "GET /fleet HTTP/9.9\r\n\r\n",
    "GET /fl eet HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /fleet HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", // a TLS hello
    `${head}Content-Length: -1\r\n\r\n`,
    `${head}Content-Length: 24\r\nContent-Length: 5\r\n\r\n${KILL}`,
    `${head}Content-Length: 24\r\nTransfer-Encoding: chunked\r\n\r\n${KILL}`,
    `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n${KILL}\r\n0\r\n\r\n`,
    `${head}Host: evil.example\r\nContent-Length: 24\r\n\r\n${KILL}`,
    `${head}Origin: http://localhost\r\nOrigin: http://evil.example\r\nContent-Length: 24\r\n\r\n${KILL}`,
    `${head}Content-Type: text/plain\r\nContent-Length: 24\r\n\r\n${KILL}`,
    `${head}Expect: a miracle\r\nContent-Length: 24\r\n\r\n${KILL}`,
    `${head}Transfer-Encoding: gzip, chunked\r\n\r\n18\r\n${KILL}\r\n0\r\n\r\n`,
  ])
    await refusedRaw(refusal.HTTP_MALFORMED, 400, bytes);
  await refusedRaw(
    refusal.HTTP_SIZE,
    413,
    `GET /fleet HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
  );
});

test("who sends headers or body a byte at a time, or nothing at all, is shown out", async () => {
  const sim = await fleet(1);
  const hasty = await Served.open({ limits: { headersMs: 500, bodyMs: 60_000 } }, sim); // for headers
  const head = "POST /deed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n";
  for (const [bytes, from, at] of [
    ["", 0, hasty],
    [head, 0, hasty],
    [head + KILL.slice(0, -1), head.length, it],
  ] as const) {
    const before = at.state;
    const socket = net.connect(at.port, "127.0.0.1");
    let answer = "";
    let over = false;
    socket.on("data", (part) => (answer += part.toString())).on("error", () => {});
    socket.on("close", () => (over = true));
    socket.write(bytes.slice(0, from));
    let sent = from;
    const drip = setInterval(() => sent < bytes.length && !socket.destroyed && socket.write(bytes[sent++]), 200);
    await until(() => over, "an end to a slow request");
    clearInterval(drip);
    assert.ok(sent < bytes.length || bytes === "", "it was not waited for");
    assert.is(bodyOf(answer).error, refusal.HTTP_TIMEOUT);
    assert.equal(at.state, before);
  }
  await hasty.close();
});

test("a request whose sender leaves before its end does nothing", async () => {
  const before = it.state;
  for (let i = 0; i < 20; i++) {
    const socket = net.connect(it.port, "127.0.0.1");
    socket.on("error", () => {});
    const head = "POST /deed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    const whole = `${head}Content-Length: 24\r\n\r\n${KILL}`;
    socket.end(i === 0 ? `${head}Transfer-Encoding: chunked\r\n\r\n18\r\n${KILL}\r\n` : whole.slice(0, -i));
    await new Promise((done) => socket.on("close", done).resume());
  }
  assert.equal(it.state, before);
});

test("a fault of the gateway's own is a number too, and noted", async () => {
  const sim = await fleet(1);
  const other = await Served.open({}, sim);
  Object.defineProperty(sim, "up", { value: () => { throw new TypeError("a bug"); } }); // prettier-ignore
  const { json, status } = await other.ask("/fleet");
  assert.equal([status, json.error], [500, refusal.HTTP_FAULT]);
  assert.match(other.notes.join(), "a bug");
  await other.close();
});

test.run();
