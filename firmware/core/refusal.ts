// A refusal leaves the device as one event: the number, who refused, and one detail. Nothing else changes.

import * as event from "../wire/event";
import * as ring from "./ring";
import { REFUSED, count } from "../layout";

/** Reports refusal `why`; `detail` is a view, a signer or a length, whatever explains it best. */
export function refuse(why: u32, detail: u32): void {
  count(REFUSED, 1);
  const p = ring.event(event.REFUSED, 8);
  if (p == 0) return;
  store<u32>(p, why);
  store<u32>(p + 4, detail);
}
