// How long blocks take: from the first vote for one, its proposer's, to the first device that had executed it, as in the live view.
//
// Rule: it only listens; devices that lie count like others, since what they propose others must execute too.

import type { FleetEvent } from "./watch.ts";

/** Blocks whose first vote is remembered. */
const OPEN = 512;

export class Latency {
  /** Virtual milliseconds of each block, in the order in which they were executed. */
  readonly ms: number[] = [];
  readonly #voted = new Map<string, number>();
  readonly #digests = new Map<number, string>();

  readonly hear = ({ timeMs, twin, said }: FleetEvent): void => {
    if (twin || said.what !== "event") return;
    const { event } = said;
    if (event.kind === "voted" && event.digest !== "" && !this.#voted.has(event.digest)) {
      this.#voted.set(event.digest, timeMs);
      if (this.#voted.size > OPEN) this.#voted.delete(this.#voted.keys().next().value!);
    } else if (event.kind === "commit") this.#digests.set(event.height, event.digest);
    else if (event.kind === "executed") {
      const digest = this.#digests.get(event.height) ?? "";
      const from = this.#voted.get(digest);
      if (from === undefined) return;
      this.#voted.delete(digest);
      this.ms.push(timeMs - from);
    }
  };
}

/** The value below which this share of a list lies; 0 of an empty one. */
export function quantile(list: readonly number[], share: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
