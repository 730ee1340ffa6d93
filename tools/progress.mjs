// Progress of work that takes longer than a second, on stderr, so that stdout stays clean for results and --json.
//
//   terminal:   ⠙ compiling device.wasm 3 s        one line, redrawn, replaced by its last state
//   log file:   compiling device.wasm ...          a plain line once a second has passed, one more each 15 s,
//               compiling device.wasm: 3.4 s       and one at the end
//
// Rule: work shorter than a second says nothing.

const live = Boolean(process.stderr.isTTY) && !process.env.CI;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const running = new Map(); // title -> started, ms
let timer = null;
let frame = 0;

const now = () => performance.now();
const seconds = (ms) => (ms / 1000).toFixed(1) + " s";

function draw() {
  const items = [...running].filter(([, started]) => now() - started > 1000);
  if (items.length === 0) return;
  const text = items.map(([title, started]) => `${title} ${Math.floor((now() - started) / 1000)} s`).join(" · ");
  process.stderr.write(
    `\r\x1b[K${FRAMES[frame++ % FRAMES.length]} ${text.slice(0, (process.stderr.columns || 100) - 4)}`,
  );
}

/** Prints a line above whatever is being drawn. */
export function say(line, stream = process.stderr) {
  if (live) process.stderr.write("\r\x1b[K");
  stream.write(line + "\n");
}

function begin(title) {
  running.set(title, now());
  if (live) {
    timer ??= setInterval(draw, 100);
    timer.unref();
  }
}

function end(title) {
  running.delete(title);
  if (running.size > 0 || timer === null) return;
  clearInterval(timer);
  timer = null;
  process.stderr.write("\r\x1b[K");
}

/**
 * Runs `work` (a function that returns a promise) and shows that it is under way. Returns what it returns.
 * With `quiet`, for callers that print a line of their own at the end, a log file hears of it only each 15 s.
 */
export async function step(title, work, { quiet = false } = {}) {
  const started = now();
  const late = live || quiet ? null : setTimeout(() => say(`${title} ...`), 1000);
  const again = live ? null : setInterval(() => say(`${title} ... ${seconds(now() - started)}`), 15000);
  begin(title);
  try {
    return await work();
  } finally {
    end(title);
    clearTimeout(late);
    clearInterval(again);
    if (!quiet && now() - started > 1000) say(`${title}: ${seconds(now() - started)}`);
  }
}
