// A word with its shape, for legends: drawn as SVG from the path that the canvases use.

import { h, type VNode } from "./element.ts";
import type { Kind } from "./look.ts";

const POINTS: Partial<Record<Kind["shape"], string>> = {
  up: "6,1 11,10 1,10",
  down: "6,11 11,2 1,2",
  diamond: "6,0.5 11.5,6 6,11.5 0.5,6",
  hex: "11,6 8.5,10.5 3.5,10.5 1,6 3.5,1.5 8.5,1.5",
  square: "1.5,1.5 10.5,1.5 10.5,10.5 1.5,10.5",
  dash: "1,4.5 11,4.5 11,7.5 1,7.5",
  arrow: "6,0 11,6 7.8,6 7.8,12 4.2,12 4.2,6 1,6",
  cross: "6,4 9.5,0.5 11.5,2.5 8,6 11.5,9.5 9.5,11.5 6,8 2.5,11.5 0.5,9.5 4,6 0.5,2.5 2.5,0.5",
};

export function swatch({ name, shape, colour }: Kind): VNode {
  const points = POINTS[shape];
  const fill = `var(--${colour})`;
  const drawn =
    points === undefined
      ? h("circle", { cx: 6, cy: 6, r: shape === "dot" ? 2.5 : 5, fill })
      : h("polygon", { points, fill });
  return h("span", { class: "swatch" }, h("svg", { width: 9, height: 9, viewBox: "0 0 12 12", "aria-hidden": true }, drawn), name); // prettier-ignore
}
