// The gateway and a real browser: its own page works under its policy; a page of another site, and a name that was rebound to this
// machine, get nothing and do nothing.

import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { program } from "../dashboard/browser.ts";
import { closeAll, Served } from "./served.ts";

const path = program();
const TOKEN = "0123456789abcdef-0123456789abcdef";

/** A page as the dashboard is one: inline script and style, the token from the address, everything by fetch. */
const PAGE = `<!doctype html><link rel="icon" href="data:,"><style>#a { width: 123px }</style><div id="a"></div>
<script type="module">
const headers = { Authorization: "Bearer " + location.hash.slice("#token=".length) };
const post = { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: '{"do":"kill","device":2}' };
const { n } = await (await fetch("/fleet", { headers })).json();
const { done } = await (await fetch("/deed", post)).json();
const { value } = await (await fetch("/tape", { headers })).body.getReader().read();
const foreign = await fetch("http://127.0.0.1:1/").then(() => "reached", () => "blocked");
document.title = [n, done, new TextDecoder().decode(value.slice(0, 8)), document.querySelector("#a").offsetWidth, foreign].join("|");
</script>`;

/** What another site may try without asking. */
const evil = (url: string): string => `<!doctype html><title>trying</title>
<img src="${url}/state/status"><script src="${url}/fleet"></script><link rel="stylesheet" href="${url}/">
<iframe id="frame" src="${url}/"></iframe><iframe name="sink"></iframe>
<form id="form" method="post" enctype="text/plain" target="sink" action="${url}/deed"><input name='{"do":"kill","device":1,"x":"' value='"}'></form>
<script>
const body = '{"do":"kill","device":1}';
const tries = [
  fetch("${url}/deed", { method: "POST", mode: "no-cors", body }),
  fetch("${url}/deed", { method: "POST", headers: { "Content-Type": "application/json" }, body }),
  fetch("${url}/deed", { method: "POST", mode: "no-cors", body: new Blob([body], { type: "application/json" }) }),
  fetch("${url}/fleet").then((answer) => answer.text()).then((text) => (document.body.dataset.read = text)),
  fetch("${url}/state/status", { mode: "no-cors" }),
  fetch("${url}/tape", { mode: "no-cors" }),
];
navigator.sendBeacon("${url}/deed", new Blob([body], { type: "text/plain" }));
document.querySelector("#form").submit();
Promise.allSettled(tries).then(() => setTimeout(() => (document.title = "tried"), 300));
</script>`;

async function site(html: string): Promise<{ url: string; close: () => void }> {
  const server = http.createServer((_, response) => response.writeHead(200, { "Content-Type": "text/html" }).end(html));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => (server.closeAllConnections(), server.close()) };
}

if (path === null) console.log("skipped: gateway in a browser: there is no chromium (apt-get install chromium)");
else {
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({
    executablePath: path,
    args: ["--no-sandbox", "--host-resolver-rules=MAP rebound.example 127.0.0.1"],
  });
  test.after(() => browser.close());

  test("the gateway's own page runs under its policy, with the token from its address, and talks to nobody else", async () => {
    const it = await Served.open({ page: PAGE, token: TOKEN });
    const page = await browser.newPage();
    await page.goto(it.gateway.link);
    await page.waitForFunction(() => document.title !== "", null, { timeout: 15_000 });
    assert.is(await page.title(), "4|device 2 is killed|SYNODTAP|123|blocked");
    assert.is(it.sim.up(2), false);
    await page.close();
    await it.close();
  });

  test("a script that was not in the page when it was served does not run", async () => {
    const it = await Served.open({ page: PAGE });
    const page = await browser.newPage();
    await page.goto(it.gateway.url);
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "document.documentElement.dataset.evil = 'ran'";
      document.body.append(script);
      document.body.insertAdjacentHTML(
        "beforeend",
        `<img src="x:" onerror="document.documentElement.dataset.evil = 'ran'">`,
      );
    });
    await new Promise((done) => setTimeout(done, 200));
    assert.is(await page.evaluate(() => document.documentElement.dataset.evil ?? "did not"), "did not");
    await page.close();
    await it.close();
  });

  test("a page of another site neither reads nor does anything", async () => {
    const it = await Served.open({ page: PAGE });
    const before = it.state;
    for (const address of [
      it.gateway.url,
      it.gateway.url.replace("127.0.0.1", "localhost"),
      `http://0.0.0.0:${it.port}`,
    ]) {
      const other = await site(evil(address));
      const page = await browser.newPage();
      await page.goto(other.url);
      await page.waitForFunction(() => document.title === "tried", null, { timeout: 15_000 });
      assert.is(await page.evaluate(() => document.body.dataset.read ?? "nothing"), "nothing", address);
      await page.close();
      other.close();
    }
    assert.equal(it.state, before);
    await it.close();
  });

  test("a name of another site that resolves to this machine is refused: DNS rebinding", async () => {
    const it = await Served.open({ page: PAGE });
    const before = it.state;
    const page = await browser.newPage();
    for (const asked of ["/", "/fleet", "/state/status"]) {
      const answer = await page.goto(`http://rebound.example:${it.port}${asked}`);
      assert.is(answer!.status(), 421);
      assert.match(await answer!.text(), '"name":"HTTP_HOST"');
    }
    assert.equal(it.state, before);
    await page.close();
    await it.close();
  });
}

test.after(closeAll);
test.run();
