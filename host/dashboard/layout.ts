// Where the devices of the mesh stand: d3-force pushes them apart and draws each to the middle of its side, so that a split is seen
// as two clusters that part.
//
// Rule: the same number of devices and the same splits give the same places; a page that stands still computes nothing.

import { forceCollide, forceManyBody, forceSimulation, forceX, forceY, type Simulation } from "d3-force";

/** How much more one direction may be stretched than the other. */
const WIDER = 1.9;

export interface Node {
  x: number;
  y: number;
  vx: number;
  vy: number;
  side: number;
}

export class Layout {
  readonly nodes: Node[];
  readonly #force: Simulation<Node, undefined>;
  #sides = "";
  /** Scale and middle of x and y. */
  #view = [0, 0, 0, 0];

  constructor(n: number) {
    // on a ring, the first at the top: d3-force only has to widen it
    this.nodes = Array.from({ length: n }, (_, i) => {
      const angle = (2 * Math.PI * i) / n - Math.PI / 2;
      return { x: 110 * Math.cos(angle), y: 80 * Math.sin(angle), vx: 0, vy: 0, side: 0 };
    });
    this.#force = forceSimulation(this.nodes)
      .force("charge", forceManyBody<Node>().strength(-900))
      .force("collide", forceCollide<Node>(30))
      .alphaDecay(0.04)
      .stop();
    this.#draw([0]);
    this.#force.tick(120);
  }

  /** Tells on which side each device stands; true while places move. `calm`: they jump instead. */
  tick(sides: readonly number[], calm: boolean): boolean {
    const now = sides.join();
    if (now !== this.#sides) {
      this.#sides = now;
      this.nodes.forEach((node, i) => (node.side = sides[i] ?? 0));
      this.#draw([...new Set(sides)].sort((a, b) => a - b));
      this.#force.alpha(0.9);
    }
    if (this.#force.alpha() < 0.02) return false;
    this.#force.tick(calm ? 120 : 1);
    return true;
  }

  /** Places in a box of w x h with this margin: x, y of each device. */
  fit(w: number, h: number, margin: number): { x: number; y: number }[] {
    const xs = this.nodes.map(({ x }) => x);
    const ys = this.nodes.map(({ y }) => y);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const fitX = Math.min(3, (w - 2 * margin) / Math.max(1, right - left));
    const fitY = Math.min(3, (h - 2 * margin) / Math.max(1, bottom - top));
    const aim = [Math.min(fitX, fitY * WIDER), Math.min(fitY, fitX * WIDER), (left + right) / 2, (top + bottom) / 2];
    // the whole does not jump when one device does
    this.#view = this.#view.map((x, i) => (x === 0 ? aim[i] : x + (aim[i] - x) * 0.2));
    const [sx, sy, mx, my] = this.#view;
    return this.nodes.map(({ x, y }) => ({ x: w / 2 + (x - mx) * sx, y: h / 2 + (y - my) * sy }));
  }

  #draw(sides: number[]): void {
    const apart = 180 * Math.sqrt(Math.max(6, this.nodes.length));
    const at = (node: Node): number => (Math.max(0, sides.indexOf(node.side)) - (sides.length - 1) / 2) * apart;
    this.#force
      .force("x", forceX<Node>(at).strength(sides.length > 1 ? 0.14 : 0.07))
      .force("y", forceY<Node>(0).strength(0.12));
  }
}
