// A canvas as a component: sized to its place and the screen's pixels, painted once per frame while it is seen.
//
//   canvas({label, paint, ...pointers}) ── ref ──> painters <── every frame ── paintAll(nowMs)
//
// Rule: paint() draws all of it, from nothing; it keeps no picture of before.

import { Component } from "preact";
import { h, type VNode } from "./element.ts";
import * as frame from "./frame.ts";

type Paint = (ctx: CanvasRenderingContext2D, w: number, h: number) => void;

interface Props {
  /** What it shows, for those who do not see it. */
  label: string;
  paint: Paint;
  /** Told once, for what needs the element itself: wheel listeners must not be passive. */
  mounted?: (element: HTMLCanvasElement) => void;
  [handler: `onPointer${string}`]: (event: PointerEvent) => void;
}

const painters = new Set<Canvas>();

/** Paints every canvas that is seen. */
export function paintAll(): void {
  for (const painter of painters) painter.paint();
}

/** Place of an event in its canvas, in CSS pixels. */
export function place(event: PointerEvent | WheelEvent): { x: number; y: number; w: number; h: number } {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top, w: box.width, h: box.height };
}

export class Canvas extends Component<Props> {
  #element: HTMLCanvasElement | null = null;
  #watch: ResizeObserver | null = null;
  #w = 0;
  #h = 0;

  override componentDidMount(): void {
    const element = this.#element!;
    this.#watch = new ResizeObserver(([entry]) => {
      this.#w = entry.contentRect.width;
      this.#h = entry.contentRect.height;
      frame.request();
    });
    this.#watch.observe(element);
    painters.add(this);
    this.props.mounted?.(element);
  }

  override componentWillUnmount(): void {
    this.#watch?.disconnect();
    painters.delete(this);
  }

  paint(): void {
    const [element, w, height] = [this.#element, this.#w, this.#h];
    if (element === null || w < 2 || height < 2) return;
    const ratio = devicePixelRatio || 1;
    const [pw, ph] = [Math.round(w * ratio), Math.round(height * ratio)];
    if (element.width !== pw || element.height !== ph) [element.width, element.height] = [pw, ph];
    const ctx = element.getContext("2d");
    if (ctx === null) return;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, w, height);
    this.props.paint(ctx, w, height);
  }

  render({ label, paint: _paint, mounted: _mounted, ...handlers }: Props): VNode {
    const ref = (element: HTMLCanvasElement | null): void => void (this.#element = element);
    return h("canvas", { ref, role: "img", "aria-label": label, ...handlers });
  }
}
