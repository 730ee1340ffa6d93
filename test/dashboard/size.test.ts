// The page is one file that asks for nothing else, and small enough to be flashed beside a gateway: 80 KB after gzip at most.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { bundle, gzipSize } from "../../tools/dashboard.mjs";

const { html } = await bundle();
const MUST = 80 * 1024;
const GOAL = 45 * 1024;

test("the page has at most 80 KB after gzip", () => {
  const size = gzipSize(html);
  console.log(`note: dashboard.html ${html.length} bytes, ${size} after gzip (must ${MUST}, goal ${GOAL})`);
  assert.ok(size <= MUST, `${size} bytes after gzip, ${MUST} allowed`);
});

test("the page names nothing that a browser would fetch", () => {
  assert.not.match(html, /<(script|link|img|iframe)[^>]+(src|href)="(?!data:)/i);
  assert.not.match(html, /@import|url\((?!["']?data:)/i);
  const addresses = [...html.matchAll(/https?:\/\/[^\s"'`)]+/g)].map(([address]) => address);
  // names of XML dialects and of targets in sentences: never fetched
  const others = addresses.filter((address) => !/^http:\/\/(www\.w3\.org\/|HOST:PORT|127\.0\.0\.1)/.test(address));
  assert.equal(others, []);
});

test("two builds of the same sources are the same bytes", async () => {
  assert.is((await bundle()).html, html);
});

test.run();
