// A browser for tests: Debian's Chromium without a window, and nothing that it asks for leaves the machine.
//
//   fleet ── Stage ── gateway on a free port ──> page      every request that is not to this machine is counted and stopped

import { existsSync, readFileSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import * as gateway from "../../host/gateway/server.ts";
import { Sim } from "../../host/target/sim.ts";
import { Stage } from "../../host/target/stage.ts";
import { buildDashboard } from "../../tools/dashboard.mjs";
import { device } from "../fleet/wasm.ts";

export const HTML = new URL("../../build/dashboard.html", import.meta.url);
const FLAGS =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

/** Where Chromium is; null when there is none. */
export const program = (): string | null =>
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path)) ?? null;

export interface Served {
  readonly stage: Stage;
  readonly url: string;
  /** The same behind a second gateway that asks for a token; the link carries it. */
  readonly link: string;
  close(): Promise<void>;
}

/** A running fleet of n devices behind a gateway, `aheadMs` of its time old. */
export async function serve(n: number, seed: number, { aheadMs = 0, speed = 1 } = {}): Promise<Served> {
  if (!process.env.SYNOD_BUILT || !existsSync(HTML)) await buildDashboard();
  const senses = { recording: { from: 2330, intervalMs: 1000 } };
  const sim = Sim.start({ n, seed, engine: "v8", wasm: await device(), senses, traffic: 1 });
  if (aheadMs > 0) await sim.advance(aheadMs);
  const stage = new Stage(sim, { speed });
  const page = readFileSync(HTML, "utf8");
  const door = await gateway.serve(stage, { port: 0, page });
  const guarded = await gateway.serve(stage, { port: 0, page, token: "correct-horse-battery" });
  const running = stage.run();
  const close = async (): Promise<void> => {
    await Promise.all([door.close(), guarded.close()]);
    stage.stop();
    await running;
    await stage.target.close();
  };
  return { stage, url: door.url, link: guarded.link, close };
}

/** Requests that would have left the machine. */
export const strays: string[] = [];
/** What went wrong in a page. */
export const faults: string[] = [];

export const launch = (path: string): Promise<Browser> =>
  chromium.launch({ executablePath: path, headless: true, args: FLAGS.split(" ") });

const LOCAL = /^(https?:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]|file:|data:|blob:|about:)/;

/** A fresh page at an address, as large as a laptop's screen. */
export async function open(browser: Browser, url: string, theme: "dark" | "light" = "dark"): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: theme });
  await context.route(
    (address) => !LOCAL.test(address.href),
    (route) => route.abort(),
  );
  const page = await context.newPage();
  page.on("request", (request) => {
    if (!LOCAL.test(request.url())) strays.push(request.url());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) faults.push(message.text());
  });
  await page.goto(url);
  return page;
}

/** The state that the page shows. */
export interface Shown {
  height: number;
  view: number;
  split: boolean;
  atUs: number;
  edgeUs: number;
  mode: string;
  generation: number;
  devices: { up: boolean; height: number; side: number }[];
}

export const shown = (page: Page): Promise<Shown | null> =>
  page.evaluate(() => {
    const { page } = (window as unknown as { __synod: { page: Record<string, any> } }).__synod; // eslint-disable-line
    const state = page.state();
    if (state === null) return null;
    const { height, view, split, devices } = state;
    const { atUs, mode } = page.clock;
    const plain = devices.map(({ up, height, side }: Shown["devices"][0]) => ({ up, height, side }));
    return { height, view, split, atUs, mode, edgeUs: page.model.value.edgeUs, generation: page.fleet.value?.generation ?? -1, devices: plain }; // prettier-ignore
  });

/** Waits until the page shows what is wanted; throws with what it shows after a minute. */
export async function until(page: Page, what: string, wanted: (now: Shown) => boolean): Promise<Shown> {
  const end = Date.now() + 60_000;
  let now: Shown | null = null;
  while (Date.now() < end) {
    now = await shown(page);
    if (now !== null && wanted(now)) return now;
    await new Promise((done) => setTimeout(done, 60));
  }
  throw new Error(`the page did not show: ${what}; it shows ${JSON.stringify(now)} ${faults.join("; ")}`);
}
