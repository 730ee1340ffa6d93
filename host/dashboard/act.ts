// What the page asks of the gateway: deeds, time, forks. The verbs and their refusals are the gateway's (host/gateway/README.md).
//
// A token stands in the address behind "#token=" and goes out as a header; a browser never sends what stands behind "#".
// Rule: whatever is refused is told in the gateway's own sentence with its number; nothing here guesses that it worked.

import type { Deed, Verb } from "../tape/deed.ts";
import * as page from "./page.ts";

/** A refusal of the gateway as a sentence with its number. */
export class Refusal extends Error {}

/** The token in the page's address; empty when there is none. */
export const token = (): string => new URLSearchParams(location.hash.slice(1)).get("token") ?? "";

export function headers(more: Record<string, string> = {}): Record<string, string> {
  const given = token();
  return given === "" ? more : { ...more, Authorization: `Bearer ${given}` };
}

/** What an answer that is no success says. */
export async function refusal(response: Response): Promise<Refusal> {
  try {
    const { error, sentence } = (await response.json()) as { error: number; sentence: string };
    return new Refusal(`${error}: ${sentence}`);
  } catch {
    return new Refusal(`The gateway answered ${response.status} without saying why.`);
  }
}

async function ask<T>(path: string, body?: object): Promise<T> {
  const post = { method: "POST", headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(body) };
  const response = await fetch(path, body === undefined ? { headers: headers() } : post);
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as T;
}

/** Runs an action; tells its refusal. True when it worked. */
async function told(action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    page.tell(
      error instanceof Refusal ? error.message : "The gateway does not answer: is synod up still running?",
      true,
    );
    return false;
  } finally {
    page.changed();
  }
}

/** Asks what the fleet can do and whether it runs. */
export async function look(): Promise<void> {
  try {
    page.fleet.value = await ask<page.Fleet>("/fleet");
    page.changed();
  } catch {
    // the stream says that the gateway is gone
  }
}

/** Why a verb cannot be used now; null when it can. */
export function why(verb: Verb | "time" | "fork"): string | null {
  if (page.origin.value === "file") return "This is a recorded tape: nothing can be done to it.";
  if (page.origin.value === "none" || !page.online.value || page.fleet.value === null) return "No running fleet.";
  const { verbs, forkable, kind } = page.fleet.value;
  if (verb === "fork") return forkable ? null : `A ${kind} fleet cannot be forked: it is not simulated.`;
  if (verb === "time") return kind === "sim" || forkable ? null : `The time of a ${kind} fleet is real time.`;
  return verbs.includes(verb) ? null : `A ${kind} fleet cannot do that: ${verb}.`;
}

export async function deed(what: Deed): Promise<boolean> {
  const reason = why(what.do);
  if (reason !== null) {
    page.tell(reason, true);
    return false;
  }
  return told(async () => {
    const { done } = await ask<{ done: string }>("/deed", what);
    page.live();
    page.tell(`${done[0].toUpperCase()}${done.slice(1)}.`);
    await look();
  });
}

export async function time(what: { paused?: boolean; speed?: number; step?: number }): Promise<boolean> {
  return told(async () => {
    page.fleet.value = await ask<page.Fleet>("/time", what);
  });
}

/** The same fleet again from its beginning up to the moment shown, free to go another way from there. */
export async function fork(): Promise<boolean> {
  const reason = why("fork");
  if (reason !== null) {
    page.tell(reason, true);
    return false;
  }
  const atUs = Math.round(page.clock.atUs);
  page.forking.value = true;
  const worked = await told(async () => {
    page.fleet.value = await ask<page.Fleet>("/fork", { atUs });
    page.live();
  });
  page.forking.value = false;
  return worked;
}
