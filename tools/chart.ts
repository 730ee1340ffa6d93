// docs/bench.svg: the rows of `npm run bench` as bars, for the README.
//
//   against the limits   a bar is ours in parts of its limit (must), whatever the unit; marks are the limit and the goal
//   on the board         a bar is Thumb-2 instructions
//   in V8                a bar is microseconds of CPU; one too long is cut off, and has a gap
//
// Rule: what is drawn was measured in the run that draws it; every bar bears its figure. Its own background, in two colour
// schemes, makes it readable wherever it is shown.

import type { Bench, Row } from "./bench.ts";

const WIDTH = 860;
const LEFT = 240; // where bars begin
const FULL = 400; // their longest
const STEP = 24;
const BAR = 14;

const STYLE = `
  .paper { fill: #ffffff } .text { fill: #1f2328 } .faint { fill: #59636e } .grid { stroke: #d1d9e0 }
  .ours { fill: #2563eb } .over { fill: #d1242f } .rival { fill: #9aa4af } .must { stroke: #1f2328 } .goal { stroke: #1a7f37 }
  .halo { stroke: #ffffff }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .text { fill: #f0f6fc } .faint { fill: #9198a1 } .grid { stroke: #3d444d }
    .ours { fill: #4493f8 } .over { fill: #f85149 } .rival { fill: #656c76 } .must { stroke: #f0f6fc } .goal { stroke: #3fb950 }
    .halo { stroke: #0d1117 }
  }
  text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; dominant-baseline: central }
  .title { font-weight: 600; font-size: 15px }
  .small { font-size: 11.5px }
  line { stroke-width: 2 } .halo { stroke-width: 6 }`;

const escaped = (s: string): string => s.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const at = (n: number): string => String(Math.round(n * 10) / 10);

/** A figure with three digits. */
function figure(n: number): string {
  if (n >= 1e6) return `${(n / 1e6).toPrecision(3)} M`;
  return n >= 1000 ? Math.round(n).toLocaleString("en") : n >= 100 ? n.toFixed(0) : n.toPrecision(3);
}

const words = (x: number, y: number, text: string, kind = "text", anchor = "start"): string =>
  `<text x="${at(x)}" y="${at(y)}" class="${kind}" text-anchor="${anchor}">${escaped(text)}</text>`;
const bar = (y: number, length: number, kind: string): string =>
  `<rect x="${LEFT}" y="${at(y - BAR / 2)}" width="${at(Math.max(length, 1))}" height="${BAR}" rx="2" class="${kind}"/>`;
const upright = (x: number, from: number, to: number, kind: string): string =>
  `<line x1="${at(x)}" x2="${at(x)}" y1="${at(from)}" y2="${at(to)}" class="${kind}"/>`;

/** One bar with its name and figure; `notches` are [length, kind]. */
interface Entry {
  name: string;
  length: number;
  kind: "ours" | "over" | "rival";
  figure: string;
  notches?: [length: number, kind: "must" | "goal"][];
  /** The bar is shorter than it should be. */
  cut?: boolean;
}

/** A panel: title, a line that says what a bar is, the bars. */
function panel(top: number, title: string, says: string, entries: Entry[]): { svg: string; height: number } {
  const svg = [words(24, top, title, "text title"), words(24, top + 22, says, "faint small")];
  let y = top + 52;
  for (const e of entries) {
    svg.push(words(LEFT - 12, y, e.name, "text", "end"), bar(y, e.length, e.kind));
    for (const [length, kind] of e.notches ?? [])
      for (const k of ["halo", kind]) svg.push(upright(LEFT + length, y - BAR / 2 - 3, y + BAR / 2 + 3, k));
    if (e.cut) svg.push(upright(LEFT + e.length - 24, y - BAR / 2 - 1, y + BAR / 2 + 1, "halo"));
    const after = Math.max(e.length, ...(e.notches ?? []).map(([length]) => length));
    svg.push(words(LEFT + after + 10, y, e.figure, "faint small"));
    y += STEP;
  }
  return { svg: svg.join("\n"), height: y - top + 16 };
}

const judged = (r: Row): number => (r.limits === "ratio" ? (r.ratio ?? 0) : r.ours);

const SUFFIX: Partial<Record<Row["unit"], string>> = { ops: " operations", bytes: " bytes" };

/** Rows with a limit, each in parts of it. */
function limited(rows: Row[]): Entry[] {
  const scale = FULL / 1.25; // room for what is over its limit
  return rows.map((r) => {
    const part = Math.min(judged(r) / r.must!, 1.25);
    const beside = r.ratio === null ? "" : `, ${figure(r.ratio)} times libsodium's`;
    return {
      name: r.name,
      length: part * scale,
      kind: r.pass ? "ours" : "over",
      figure: `${figure(r.ours)}${SUFFIX[r.unit] ?? ""}${beside}`,
      notches: [
        [scale, "must"],
        [(scale * r.goal!) / r.must!, "goal"],
      ],
    };
  });
}

/** Rows of the board, in instructions; those per byte are left to the table. */
function onBoard(rows: Row[]): Entry[] {
  const most = Math.max(...rows.map((r) => Math.max(r.ours, r.must ?? 0)));
  const scale = FULL / most;
  return rows.map((r) => ({
    name: r.name.replace(" on M4", ""),
    length: r.ours * scale,
    kind: r.pass ? "ours" : "over",
    figure: figure(r.ours),
    notches:
      r.must === null
        ? []
        : [
            [r.must * scale, "must"],
            [r.goal! * scale, "goal"],
          ],
  }));
}

/** Ours and each rival. The scale ends at three times the first rival, libsodium's. */
function timed(rows: Row[]): Entry[] {
  const mine = [...rows].sort((a, b) => a.ours - b.ours)[rows.length >> 1].ours;
  const scale = FULL / (3 * rows[0].rivalValue!);
  return [
    { name: "this firmware", length: mine * scale, kind: "ours", figure: `${figure(mine)} us` },
    ...rows.map((r): Entry => {
      const length = r.rivalValue! * scale;
      return {
        name: r.rival!,
        length: Math.min(length, FULL),
        kind: "rival",
        figure: `${figure(r.rivalValue!)} us, ${figure(1 / r.ratio!)} times ours`,
        cut: length > FULL,
      };
    }),
  ];
}

/** The drawing of a whole run. */
export function chart({ compiler, arm, rows }: Bench): string {
  const unit = (...units: Row["unit"][]) => rows.filter((r) => units.includes(r.unit));
  const parts: string[] = [];
  let y = 34;
  const add = (title: string, says: string, entries: Entry[]): void => {
    const made = panel(y, title, says, entries);
    parts.push(made.svg);
    y += made.height;
  };
  add(
    "Crypto in wasm3, against its limits",
    "x86-64 instructions where no unit is named. Marks: the goal (green) and the limit, which ends every scale. libsodium runs natively.",
    limited(unit("instructions", "ops", "bytes").filter((r) => r.must !== null && r.goal !== null)),
  );
  add(
    "Crypto in wasm3 on the emulated Cortex-M4",
    "Thumb-2 instructions per call, exact in every run. Marks as above.",
    onBoard(unit("thumb-2").filter((r) => !r.name.endsWith("per byte"))),
  );
  add(
    "One verification in V8: the same wasm beside libraries of npm",
    "Microseconds of CPU; bars with a gap are cut off. Times vary by machine, their ratio little.",
    timed(unit("us of CPU")),
  );
  parts.push(words(24, y, `wasm3 built by ${compiler}; for the board by ${arm}`, "faint small"));
  const height = Math.ceil(y + 24);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>What the device's crypto costs</title>
<style>${STYLE}
</style>
<rect width="${WIDTH}" height="${height}" rx="6" class="paper"/>
${parts.join("\n")}
</svg>
`;
}
