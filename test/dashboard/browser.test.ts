// The page in a browser, on a running fleet behind its gateway: it shows what happens, does what is asked, goes back, forks, and
// works from a file. Nothing that it asks for leaves the machine.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Page, Route } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CLASSES, type Times } from "../../host/dashboard/frame.ts";
import * as browsers from "./browser.ts";

const { shown, until } = browsers;
const path = browsers.program();
const DOCS = fileURLToPath(new URL("../../docs/", import.meta.url));

if (path === null) {
  console.log("skipped: no Chromium here (apt-get install chromium)");
  test("there is a Chromium, or this is no CI", () => assert.not(process.env.CI));
}

let browser: Browser;
let served: browsers.Served;
let page: Page;

/** A test that needs the browser. */
function show(what: string, does: () => Promise<void> | void): void {
  if (path !== null) test(what, does);
}

test.before(async () => {
  if (path === null) return;
  browser = await browsers.launch(path);
  served = await browsers.serve(4, 7, { speed: 2 });
  page = await browsers.open(browser, served.url);
});
test.after(async () => {
  if (path === null) return;
  await browser.close();
  await served.close();
});

show("the page draws: devices in the mesh, marks in the lanes, charts", async () => {
  await until(page, "blocks", ({ height }) => height >= 3);
  assert.is(await page.locator(".row").count(), 4);
  for (const name of ["mesh", "lanes"]) assert.ok((await inked(page, `#${name} canvas`)) > 1500, `${name} is drawn`);
  assert.ok((await page.locator("figure .uplot canvas").count()) >= 5, "five charts");
  await until(page, "time passing", (now) => now.mode === "live" && now.atUs > 2e6);
});

show("kill makes a device grey and the fleet goes on; restart brings it back", async () => {
  await page.click('[data-device="1"]');
  await page.keyboard.press("k");
  const dead = await until(page, "device 1 down", ({ devices }) => !devices[1].up);
  await page.locator('.row[data-device="1"][data-state="down"]').waitFor();
  assert.is(await nodeColour(page, 1), await colour(page, "--dead"), "its disc is grey");
  await until(page, "three more blocks", ({ height }) => height >= dead.height + 3);
  await page.click('[data-verb="restart"]');
  await until(page, "device 1 back and caught up", ({ devices, height }) => devices[1].up && devices[1].height > dead.height && devices[1].height >= height - 2); // prettier-ignore
  assert.is.not(await nodeColour(page, 1), await colour(page, "--dead"));
});

show("a line across the mesh stops finality on the small side; heal resumes it", async () => {
  const alone = await cutOff(page);
  const split = await until(page, "a split", (now) => now.split && now.devices[alone].side > 0);
  const large = await until(page, "the large side going on", ({ height }) => height >= split.height + 5);
  const held = large.devices[alone].height;
  assert.ok(held <= split.height + 2, `the small side stands at ${held}, the split was at ${split.height}`);
  await page.keyboard.press("h");
  await until(page, "everybody together again", (now) => !now.split && now.devices[alone].height >= large.height);
});

show("the inspector shows what the device's own module answers, the ledger the way of a transaction", async () => {
  await page.keyboard.press("4");
  await page.locator('[data-answer="status"]').waitFor({ timeout: 60_000 });
  assert.match(await page.locator('[data-answer="status"]').innerText(), /final height\s*[1-9]/);
  assert.ok((await inked(page, ".map canvas")) > 500, "the map of memory is drawn");
  await page.keyboard.press("5");
  await page.locator("[data-tx]").last().waitFor({ timeout: 60_000 });
  await page.locator("[data-tx]").last().hover(); // rows stand still under the pointer, while time passes
  const aimed = await page.locator("[data-tx]").allInnerTexts();
  const { height } = await until(page, "an instant", () => true);
  await until(page, "three blocks more", (now) => now.mode === "live" && now.height >= height + 3);
  assert.equal(await page.locator("[data-tx]").allInnerTexts(), aimed);
  assert.match(await page.locator(".ledger h4").first().innerText(), /still, under the pointer/);
  await page.locator("[data-tx]").last().click();
  assert.match(await page.locator("[data-way]").innerText(), /proposed by device \d|sends/);
  await page.keyboard.press("Escape");
  assert.is(await page.locator("[data-way]").count(), 0);
  await page.mouse.move(0, 0);
  await until(page, "an instant", () => true);
  assert.not.equal(await page.locator("[data-tx]").allInnerTexts(), aimed, "they move on when it leaves");
  await page.keyboard.press("3");
});

show("everything has a key", async () => {
  await page.keyboard.press("?");
  assert.match(await page.locator('[role="dialog"]').innerText(), /kill the device/);
  await page.keyboard.press("Escape");
  assert.is(await page.locator('[role="dialog"]').count(), 0);
  const theme = (): Promise<string | null> => page.locator("html").getAttribute("data-theme");
  const before = await theme();
  await page.keyboard.press("d");
  assert.is.not(await theme(), before);
  await page.keyboard.press("d");
  await page.keyboard.press(" ");
  const paused = await until(page, "a pause", ({ mode }) => mode === "paused");
  await page.keyboard.press("ArrowLeft");
  await until(page, "a step back", ({ atUs }) => Math.abs(atUs - (paused.atUs - 50_000)) < 1000);
  await page.keyboard.press("Home");
  await until(page, "the beginning", ({ atUs, height }) => atUs < 1e6 && height === 0);
  await page.keyboard.press("e");
  await until(page, "the edge", ({ mode, height }) => mode === "live" && height > 3);
  await page.click('[data-device="0"]');
  await page.keyboard.press("]");
  assert.is(await page.locator('.row[data-device="1"]').getAttribute("aria-pressed"), "true");
  assert.equal(await unlabelled(page), [], "every control says what it is");
});

show("what the gateway refuses is told in its words, with its number", async () => {
  const said = { error: 904, name: "DEVICE_DOWN", sentence: "device 1 is down", see: "ERRORS.md#e904" };
  const refuse = (route: Route): Promise<void> => route.fulfill({ status: 409, json: said });
  await page.route("**/deed", refuse);
  await page.keyboard.press("c");
  await page.locator(".notice.bad", { hasText: "904: device 1 is down" }).waitFor();
  await page.unroute("**/deed", refuse);
  await page.keyboard.press("Escape");
});

show("a gateway with a token shows itself to the link that carries it, and says no to one without", async () => {
  const guarded = await browsers.open(browser, served.link);
  await until(guarded, "the fleet", ({ height }) => height > 0);
  await guarded.context().close();
  const stranger = await browsers.open(browser, served.link.replace(/#.*/, ""));
  await stranger.locator(".notice.bad", { hasText: "924" }).waitFor();
  await stranger.context().close();
});

show("the slider goes back, and the fleet forks there and goes another way", async () => {
  await page.keyboard.press("k"); // device 1 again: the past, from which is forked, had it up
  const now = await until(page, "device 1 down", ({ devices }) => !devices[1].up);
  const backUs = Math.round(now.atUs / 2);
  await page.locator("#slider").evaluate((input, us) => {
    (input as HTMLInputElement).value = String(us);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }, backUs);
  const past = await until(page, "the past", ({ atUs, mode }) => mode === "paused" && Math.abs(atUs - backUs) < 2000);
  assert.ok(past.height < now.height, `height ${past.height} was before ${now.height}`);
  await page.click("#fork");
  const other = await until(page, "another fleet", ({ generation, edgeUs }) => generation === 1 && edgeUs < now.edgeUs && edgeUs > backUs - 2e6); // prettier-ignore
  await until(page, "its own blocks", ({ height, mode, devices }) => mode === "live" && height >= other.height + 2 && devices[1].up); // prettier-ignore
});

show("a tape that is dropped on the file itself is shown without any server", async () => {
  const bytes = served.stage.target.log.bytes();
  const alone = await browsers.open(browser, browsers.HTML.href);
  await alone.locator(".welcome").waitFor();
  await alone.evaluate((text) => {
    const file = new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], "dropped.tape");
    const data = new DataTransfer();
    data.items.add(file);
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
  }, Buffer.from(bytes).toString("base64"));
  const end = await until(alone, "the tape", ({ height, edgeUs, atUs }) => height > 3 && atUs === edgeUs);
  assert.is(end.devices.length, 4);
  assert.is(await alone.locator('[data-verb="kill"]').getAttribute("aria-disabled"), "true");
  await alone.keyboard.press("4");
  await alone.locator('[data-answer="status"]').waitFor();
  await alone.keyboard.press(" ");
  await until(alone, "it playing from the beginning", ({ mode, atUs }) => mode === "playing" && atUs < end.edgeUs);
  await alone.context().close();
});

show("sixteen devices stay fluid", async () => {
  await page.close();
  const many = await browsers.serve(16, 3);
  const fleet = await browsers.open(browser, many.url);
  await until(fleet, "blocks", ({ height }) => height >= 2);
  await fleet.evaluate(() => (window as any).__synod.resetFrames()); // eslint-disable-line
  const seconds = Math.min(600, Number(process.env.SYNOD_BUDGET ?? 10));
  await new Promise((done) => setTimeout(done, 1000 * seconds));
  const times = (await fleet.evaluate(() => (window as any).__synod.frames)) as Times; // eslint-disable-line
  const now = (await shown(fleet))!;
  const line = (list: readonly number[]): string => list.map((n, i) => `${i < CLASSES.length ? `<=${CLASSES[i]}` : "more"}: ${n}`).join(" "); // prettier-ignore
  console.log(`note: 16 devices, ${seconds} s, ${times.count} frames; work in ms  ${line(times.work)}`);
  console.log(`note: from frame to frame in ms  ${line(times.between)}`);
  assert.ok(times.count >= 2 * seconds, `${times.count} frames in ${seconds} s`);
  assert.ok(now.edgeUs - now.atUs < 5e6, "what is shown keeps up with the fleet");
  assert.ok((await fleet.locator("*").count()) < 1500, "no element per frame");
  await fleet.context().close();
  await many.close();
});

show("pictures for the manual", async () => {
  const wanted = ["dashboard-dark", "dashboard-light"].some((name) => !existsSync(`${DOCS}${name}.png`));
  if (!wanted && !process.env.SYNOD_SCREENSHOTS) return;
  mkdirSync(DOCS, { recursive: true });
  const pretty = await browsers.serve(7, 7, { aheadMs: 17_000 });
  for (const theme of ["dark", "light"] as const) await picture(pretty, theme);
  await pretty.close();
});

async function picture(from: browsers.Served, theme: "dark" | "light"): Promise<void> {
  const view = await browsers.open(browser, from.url, theme);
  const at = await until(view, "the fleet", ({ height, mode }) => height > 20 && mode === "live");
  if (theme === "dark") {
    await view.click('[data-device="2"]');
    await view.keyboard.press("k");
    await until(view, "life without device 2", ({ atUs }) => atUs > at.atUs + 5e6);
  } else {
    await cutOff(view);
    await view.keyboard.press("5");
    await until(view, "a split", ({ split, atUs }) => split && atUs > at.atUs + 3e6);
    await view.locator("[data-tx]").last().click();
    await new Promise((done) => setTimeout(done, 1500));
  }
  await busy(view);
  const png = await view.screenshot();
  assert.ok(png.length < 300 * 1024, `${png.length} bytes`);
  writeFileSync(`${DOCS}dashboard-${theme}.png`, png);
  await view.context().close();
}

show("no request left the machine, and nothing went wrong in a page", () => {
  assert.equal(browsers.strays, []);
  assert.equal(browsers.faults, []);
});

/** Pixels of a canvas that are not empty. */
const inked = (page: Page, selector: string): Promise<number> =>
  page.locator(selector).first().evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    let n = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) n++;
    return n;
  }); // prettier-ignore

/** The colour of a device's disc, beside its number, as r,g,b. */
const nodeColour = (page: Page, device: number): Promise<string> =>
  page.locator("#mesh canvas").evaluate((canvas: HTMLCanvasElement, device) => {
    const { x, y } = (window as any).__synod.placesNow()[device]; // eslint-disable-line
    const ratio = canvas.width / canvas.getBoundingClientRect().width;
    const { data } = canvas.getContext("2d")!.getImageData(Math.round((x - 16) * ratio), Math.round(y * ratio), 1, 1);
    return [...data.slice(0, 3)].join();
  }, device);

/** A colour of the page's theme as r,g,b. */
const colour = (page: Page, name: string): Promise<string> =>
  page.evaluate((name) => {
    const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    return [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)).join();
  }, name);

/** Draws a line that cuts one device off, and says which. */
async function cutOff(page: Page): Promise<number> {
  const box = (await page.locator("#mesh canvas").boundingBox())!;
  const places = await page.evaluate(() => (window as any).__synod.placesNow() as { x: number; y: number }[]); // eslint-disable-line
  const order = places.map((_, i) => i).sort((a, b) => places[a].x - places[b].x);
  const x = (places[order[0]].x + places[order[1]].x) / 2;
  await page.mouse.move(box.x + x, box.y + 4);
  await page.mouse.down();
  await page.mouse.move(box.x + x, box.y + box.height / 2, { steps: 4 });
  await page.mouse.move(box.x + x, box.y + box.height - 4, { steps: 4 });
  await page.mouse.up();
  return order[0];
}

/** Controls without a name for those who do not see them. */
const unlabelled = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll("button, input, select, canvas[role]")]
      .filter((e) => !(e.getAttribute("aria-label") || e.textContent?.trim()))
      .map((e) => e.outerHTML.slice(0, 80)),
  );

/** Waits for a moment in which frames travel, so that a picture shows some. */
async function busy(page: Page): Promise<void> {
  for (let i = 0; i < 40; i++) {
    const inkBefore = await inked(page, "#mesh canvas");
    await new Promise((done) => setTimeout(done, 120));
    if ((await inked(page, "#mesh canvas")) > inkBefore + 600) return;
  }
}

test.run();
