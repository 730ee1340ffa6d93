// One animation frame for the whole page, asked for only when something changed, and how long frames took.
//
//   request() ── once per frame ──> step(now, dt) ──> painters      a step that returns true asks for the next frame
//
// Rule: nothing paints outside of a frame, and a page that stands still asks for none.

/** Upper ends of the histogram's classes, milliseconds; the last class has none. */
export const CLASSES = [4, 8, 12, 17, 25, 34, 50, 100] as const;

export interface Times {
  /** Work per frame, and time from frame to frame while the page moves. */
  readonly work: number[];
  readonly between: number[];
  count: number;
  worstMs: number;
}

const classes = (): number[] => new Array<number>(CLASSES.length + 1).fill(0);
export const times: Times = { work: classes(), between: classes(), count: 0, worstMs: 0 };

/** Begins to count anew. */
export function reset(): void {
  times.work.fill(0);
  times.between.fill(0);
  times.count = times.worstMs = 0;
}

function count(list: number[], ms: number): void {
  const i = CLASSES.findIndex((end) => ms <= end);
  list[i < 0 ? CLASSES.length : i]++;
}

type Step = (nowMs: number, dtMs: number) => boolean;

let step: Step = () => false;
let asked = false;
let lastMs = 0;

/** What a frame does; set once, by main.ts. */
export function onFrame(f: Step): void {
  step = f;
}

export function request(): void {
  if (asked) return;
  asked = true;
  requestAnimationFrame(run);
}

function run(nowMs: number): void {
  asked = false;
  const moving = lastMs > 0 && nowMs - lastMs < 1000;
  const began = performance.now();
  const again = step(nowMs, moving ? Math.min(250, nowMs - lastMs) : 16);
  const work = performance.now() - began;
  count(times.work, work);
  if (moving) count(times.between, nowMs - lastMs);
  times.count++;
  times.worstMs = Math.max(times.worstMs, work);
  lastMs = again ? nowMs : 0;
  if (again) request();
}
