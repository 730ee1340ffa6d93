// One target argument: the same words do the same to a fresh fleet and to one that runs behind a gateway, whose address a fleet.json
// names as long as it runs.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as server from "../../host/gateway/server.ts";
import * as rerun from "../../host/fleet/rerun.ts";
import * as engine from "../../host/cli/engine.ts";
import { DEMO } from "../../host/target/open.ts";
import * as fleetfile from "../../host/target/fleetfile.ts";
import { seenOf } from "../../host/target/seen.ts";
import { Sim } from "../../host/target/sim.ts";
import { Stage } from "../../host/target/stage.ts";
import { lines, synod } from "./synod.ts";

const folder = mkdtempSync(join(tmpdir(), "synod-target-"));
const file = join(folder, "fleet.json");
const TOKEN = "a token of 16 letters or more";

/** A fleet on stage behind a gateway, as `synod up` serves it. */
async function served(token?: string): Promise<{ sim: Sim; url: string; close(): Promise<void> }> {
  const wasm = engine.built("device.wasm");
  const sim = Sim.start({ n: 4, seed: 1, engine: "v8", wasm, senses: DEMO });
  const stage = new Stage(sim, { speed: 10 });
  const gateway = await server.serve(stage, { port: 0, token });
  const running = stage.run();
  return {
    sim,
    url: gateway.url,
    async close() {
      stage.stop();
      await running;
      await gateway.close();
      await sim.close();
    },
  };
}

/** Waits for something that a running fleet will do; machines may be slow. */
async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error("a minute passed");
    await new Promise((done) => setTimeout(done, 10));
  }
}

test("on a fresh fleet a deed tells whether the others went on", async () => {
  const told = async (line: string): Promise<Record<string, unknown>> => {
    const { code, out, err } = await synod(...line.split(" "), "--json");
    assert.is(code, 0, err);
    return lines(out)[0];
  };
  const one = await told("kill sim:4 3");
  assert.equal([one.deed, one.goesOn, one.violations], ["device 3 is killed", true, 0]);
  assert.ok(Number(one.heightAfter) > Number(one.heightBefore) + 5);
  assert.is((await told("kill sim:3 1")).goesOn, false); // three devices tolerate nobody
  assert.is((await told("split sim:4 0,1 2,3")).goesOn, false);
  assert.is((await told("heal sim:4")).goesOn, true);
  assert.is((await told("restart sim:3 1")).goesOn, true);
  assert.is((await told("lie sim:4 2")).goesOn, true);
  assert.is((await told("corrupt sim:4 0 100")).goesOn, true);
  assert.is((await told("slow sim:4 0 100 --for 20")).goesOn, true);
  const { code, err } = await synod("lie", "sim:3", "0");
  assert.is(code, 1);
  assert.match(err, /tolerate 0 liars.*\(ERRORS\.md#e903\)/);
});

test("a running fleet takes the same words: what is done is done there, and the command ends", async () => {
  const { sim, url, close } = await served();
  try {
    await until(() => seenOf(sim.log).height >= 3);
    const { code, out } = await synod("kill", url, "3");
    assert.equal([code, out], [0, "device 3 is killed\n"]);
    assert.not.ok(sim.up(3));
    const asked = await synod("query", url, "status", "--device", "3");
    assert.is(asked.code, 1);
    assert.match(asked.err, /device 3 is down/);
    await synod("restart", url, "3");
    assert.ok(sim.up(3));
    await synod("split", url, "0,1,2", "3");
    assert.equal(seenOf(sim.log).split, [[0, 1, 2], [3]]);
    await synod("heal", url);
    await synod("slow", url, "1", "5");
    await synod("corrupt", url, "1", "10");
    assert.equal([seenOf(sim.log).devices[1].slowMs, seenOf(sim.log).devices[1].corruptRate], [5, 0.1]);
    assert.is((await synod("kill", url, "7")).code, 2);
    const status = lines((await synod("query", url, "status", "--json")).out)[0];
    assert.is(status.cell, sim.log.header!.cell);
    assert.ok(Number(status.finalHeight) >= 3);
  } finally {
    await close();
  }
});

test("an operator's way: a key, its registration, money for it, and a payment that it signs", async () => {
  const { sim, url, close } = await served();
  const key = join(folder, "operator.jwk");
  try {
    await until(() => seenOf(sim.log).height >= 2);
    const { publicKey, kid } = lines((await synod("keygen", "--out", key, "--json")).out)[0];
    const wait = ["--wait", "600", "--json"];
    const enrolled = await synod("tx", "enrol", url, "0", String(publicKey), ...wait);
    assert.is(enrolled.code, 0, enrolled.err);
    assert.is((await synod("tx", "pay", url, "0", String(kid), "500", ...wait)).code, 0);
    const cell = String(lines((await synod("query", url, "status", "--json")).out)[0].cell);
    const to = sim.log.header!.kids[2];
    const signed = await synod("tx", "transfer", "--key", key, "--cell", cell, "--to", to, "--amount", "123", "--json");
    const made = join(folder, "made.txt");
    writeFileSync(made, signed.out);
    const sent = await synod("tx", "submit", url, made, ...wait);
    assert.is(sent.code, 0, sent.err);
    assert.is(lines(sent.out)[0].id, lines(signed.out)[0].id);
    const [account] = lines((await synod("query", url, "account", String(kid), "--json")).out);
    assert.equal([account.balance, account.nonce, account.proofHolds], ["376", "1", true]); // 500 - 123 - a fee of 1
    const again = await synod("tx", "submit", url, String(lines(signed.out)[0].cose), "--wait", "600");
    assert.is(again.code, 1);
    assert.match(again.err, /refuses it: /);
    const poor = await synod("tx", "pay", url, "1", String(kid), "99999999", ...wait);
    assert.is(poor.code, 1);
    assert.match(String(lines(poor.out)[0].words), /balance does not cover the amount/);
  } finally {
    await close();
  }
});

test("the tape of a running fleet is its tape so far, and repeats it; that of a fresh one has the seconds asked for", async () => {
  const { sim, url, close } = await served();
  const [out, fresh] = [join(folder, "now.tape"), join(folder, "fresh.tape")];
  try {
    await until(() => seenOf(sim.log).height >= 3);
    await synod("kill", url, "2");
    const { code } = await synod("tape", url, "--out", out, "--seconds", "1");
    assert.is(code, 0);
  } finally {
    await close();
  }
  const bytes = new Uint8Array(readFileSync(out));
  assert.is(rerun.read(bytes).deeds.length, 1);
  const again = new rerun.Repetition(rerun.read(bytes));
  again.finish();
  assert.is(again.differs, null);
  assert.ok(again.pages > 4);
  again.fleet.close();
  const told = lines((await synod("tape", "sim:3", "--seconds", "4", "--out", fresh, "--json")).out)[0];
  assert.is(told.seconds, 4);
  assert.is(rerun.read(new Uint8Array(readFileSync(fresh))).end!.atUs, 4e6);
});

test("fleet.json names the running fleet while it runs, and a fresh one otherwise", async () => {
  const { sim, url, close } = await served();
  fleetfile.write(file, { engine: "v8", n: 4 });
  fleetfile.running(file, url);
  try {
    await until(() => seenOf(sim.log).height >= 2);
    await synod("kill", file, "1");
    assert.not.ok(sim.up(1), "the running fleet was meant");
  } finally {
    await close();
  }
  const { code, out } = await synod("kill", file, "1", "--json");
  assert.is(code, 0);
  assert.is(lines(out)[0].goesOn, true, "a fresh fleet was meant");
});

test("up serves a gateway on the port asked for, and says where; fleet.json tells of it meanwhile", async () => {
  fleetfile.write(file, { engine: "v8", n: 4 });
  const up = synod("up", file, "--plain", "--port", "0", "--tape", join(folder, "up.tape"));
  let url = "";
  await until(() => (url = fleetfile.read(file).gateway ?? "") !== "");
  const { kind, n } = (await (await fetch(`${url}/fleet`)).json()) as { kind: string; n: number };
  assert.equal([kind, n], ["sim", 4]);
  process.emit("SIGINT"); // as Ctrl-C does
  const { code, out } = await up;
  assert.is(code, 0);
  assert.ok(out.includes(`dashboard ${url}`), out);
  assert.is(fleetfile.read(file).gateway, undefined);
  const taken = await served();
  const port = new URL(taken.url).port;
  const second = await synod("up", "4", "--engine", "v8", "--seconds", "1", "--plain", "--port", port);
  assert.is(second.code, 1);
  assert.match(second.err, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is taken`));
  await taken.close();
});

test("a gateway with a token lets nobody in without it", async () => {
  const { sim, url, close } = await served(TOKEN.replaceAll(" ", "-"));
  try {
    const token = TOKEN.replaceAll(" ", "-");
    assert.is((await synod("kill", url, "1")).code, 1);
    assert.ok(sim.log.header !== null && seenOf(sim.log).devices[1].why !== "killed");
    assert.is((await synod("kill", url, "1", "--token", token)).code, 0);
    assert.is((await synod("restart", `${url}/#token=${token}`, "1")).code, 0);
    assert.ok(sim.up(1));
  } finally {
    await close();
  }
});

test.after(() => rmSync(folder, { recursive: true }));
test.run();
