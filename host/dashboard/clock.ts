// Which moment the page shows, and how that moment moves.
//
//   live     follows the newest fact at the fleet's own pace, a little behind it, so that what travels is seen travelling
//   playing  runs from where it stands, `speed` times as fast as the fleet lived it; becomes live when it reaches the edge
//   paused   stands
//
// Rule: tick() alone moves time, and says whether it did.

export type Mode = "live" | "playing" | "paused";

/** How far behind the newest fact `live` stays, in milliseconds of the onlooker. */
const LAG_MS = 160;
/** The most that `live` runs behind before it jumps. */
const JUMP_MS = 2500;

export class Clock {
  mode: Mode = "live";
  /** The moment shown, microseconds of the fleet. */
  atUs = 0;
  /** Of the fleet's time per time of the onlooker, when playing. */
  speed = 1;
  /** The same as measured at the edge. */
  pace = 1;
  #edge: { us: number; ms: number }[] = [];

  /** Facts up to `us` are here. */
  arrived(us: number, nowMs: number): void {
    const last = this.#edge.at(-1);
    if (last !== undefined && last.us === us) return;
    this.#edge.push({ us, ms: nowMs });
    while (this.#edge.length > 2 && this.#edge[0].ms < nowMs - 2000) this.#edge.shift();
    const first = this.#edge[0];
    if (nowMs - first.ms > 200) this.pace = Math.max(0.01, (us - first.us) / 1000 / (nowMs - first.ms));
  }

  /** Forgets the pace, as when another tape begins. */
  reset(us: number): void {
    this.#edge = [];
    this.pace = 1;
    this.atUs = us;
  }

  seek(us: number): void {
    this.atUs = us;
    if (this.mode === "live") this.mode = "paused";
  }

  /** Time of the onlooker went from nowMs - dtMs to nowMs. True when the moment moved. */
  tick(nowMs: number, dtMs: number, fromUs: number, edgeUs: number): boolean {
    const before = this.atUs;
    if (this.mode === "playing") {
      this.atUs += dtMs * 1000 * this.speed;
      if (this.atUs >= edgeUs) this.mode = "live";
    } else if (this.mode === "live") this.#follow(nowMs, dtMs, edgeUs);
    this.atUs = Math.max(Math.min(this.atUs, edgeUs), Math.min(fromUs, edgeUs));
    return this.atUs !== before;
  }

  #follow(nowMs: number, dtMs: number, edgeUs: number): void {
    const last = this.#edge.at(-1);
    const quiet = last === undefined || nowMs - last.ms > 600;
    const aim = quiet ? edgeUs : edgeUs - LAG_MS * 1000 * this.pace;
    const behindMs = (aim - this.atUs) / 1000 / this.pace;
    if (Math.abs(behindMs) > JUMP_MS) this.atUs = aim;
    else if (quiet) this.atUs = Math.min(edgeUs, this.atUs + dtMs * 1000 * Math.max(this.pace, 1));
    else this.atUs += dtMs * 1000 * this.pace * Math.max(0, 1 + behindMs / 400);
  }
}

/** A time of the fleet for people: minutes, seconds, milliseconds. */
export function text(us: number, places = 3): string {
  const seconds = Math.max(0, us) / 1e6;
  const minutes = Math.floor(seconds / 60);
  return `${String(minutes).padStart(2, "0")}:${(seconds - 60 * minutes).toFixed(places).padStart(places + 3, "0")}`;
}
