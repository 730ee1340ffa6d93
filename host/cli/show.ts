// A fleet on stage, shown while it runs: as the live view on a terminal, or as lines for a file or a pipe.
//
//   Stage ── time ──> scheduled deeds      Log ── facts ──> Live ──> a picture 15 times a second, or a line a second
//
// Rule: the fleet is seen through its log alone; a fork of it, from the dashboard, is shown from its own log on.

import kleur from "kleur";
import type { Deed } from "../tape/deed.ts";
import { Sim } from "../target/sim.ts";
import type { Remote } from "../target/remote.ts";
import type { Stage } from "../target/stage.ts";
import * as refusal from "../wire/refusal.ts";
import * as exit from "./exit.ts";
import { Live } from "./live.ts";
import { clock, plural, render } from "./render.ts";
import * as schedule from "./schedule.ts";
import * as terminal from "./terminal.ts";

/** Real milliseconds between two pictures, and between two looks at the balances. */
const FRAME_MS = 66;
const BALANCES_MS = 500;
const NOTICE_MS = 5000;

export interface Settings {
  /** Time of the fleet at which it ends. */
  readonly endMs: number;
  readonly actions: readonly schedule.Action[];
  /** Where the dashboard is; "" for nowhere. */
  readonly dashboard: string;
}

export class Run {
  live: Live;
  readonly #stage: Stage;
  readonly #title: string;
  readonly #settings: Settings;
  #generation = 0;
  #over = false;

  constructor(stage: Stage, title: string, settings: Settings) {
    this.#stage = stage;
    this.#title = title;
    this.#settings = settings;
    this.live = this.#make();
    stage.onChange(() => {
      if (stage.generation === this.#generation) return;
      this.#generation = stage.generation;
      this.#again();
    });
    // A fleet that runs elsewhere may be forked there.
    (stage.target as Partial<Remote>).onLog?.(() => this.#again());
  }

  /** The live view, with keys. */
  async watch(): Promise<void> {
    let noticed = 0;
    const pressed = (key: string): void => {
      if (key === "q") return this.#end();
      void this.#press(key).catch((problem: unknown) => {
        if (!(problem instanceof refusal.Refused)) throw problem;
        this.live.scene.notice = problem.message;
        noticed = performance.now();
      });
    };
    const view = terminal.enter(pressed, () => this.#end());
    let asked = 0;
    const draw = (): void => {
      const { live } = this;
      const now = performance.now();
      if (now - asked > BALANCES_MS) {
        asked = now;
        live.balances();
        live.work();
      }
      if (now - noticed > NOTICE_MS) live.scene.notice = "";
      Object.assign(live.scene, { pace: this.#stage.pace, paused: this.#stage.paused });
      live.advance(this.#stage.target.nowMs);
      view.draw(render(live.scene, view.look()));
    };
    const drawn = setInterval(draw, FRAME_MS);
    try {
      await this.#perform();
      draw();
    } finally {
      clearInterval(drawn);
      view.leave();
    }
  }

  /** Lines for a file or a pipe. */
  async print(json: boolean): Promise<void> {
    const { live } = this;
    const ended = (): void => this.#end();
    process.once("SIGINT", ended);
    process.once("SIGTERM", ended);
    const say = (text: string): boolean => process.stdout.write(`${text}\n`);
    if (json)
      live.onCommit = (commit) =>
        say(JSON.stringify({ ...commit, at: Math.round(commit.at), ms: Math.round(commit.ms) }));
    else {
      live.onNote = (sentence) => say(`${clock(this.#stage.target.nowMs)}  ${sentence}`);
      if (this.#settings.dashboard) say(`dashboard ${this.#settings.dashboard}`);
    }
    let second = Math.floor(this.#stage.target.nowMs / 1000);
    const stop = this.#stage.onTime((nowMs) => {
      if (json || Math.floor(nowMs / 1000) === second) return;
      second = Math.floor(nowMs / 1000);
      say(this.#progress(nowMs));
    });
    try {
      await this.#perform();
    } finally {
      stop();
      Object.assign(this.live, { onCommit() {}, onNote() {} });
      process.off("SIGINT", ended);
      process.off("SIGTERM", ended);
    }
  }

  /** What remains on the screen when it is over; the exit code. */
  conclude(json: boolean): number {
    const { target } = this.#stage;
    const hash = target instanceof Sim ? { traceHash: target.traceHash } : {};
    this.live.work();
    const { scene } = this.live;
    const load = scene.work?.load ?? null;
    const summary = { ...this.live.summary(), ...hash, ...(load === null ? {} : { work: scene.work }) };
    if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else {
      this.live.balances();
      const { height, blocks, readings, transfers, violations } = summary;
      const verdict = (violations ? kleur.red : kleur.green)(plural(violations, "violation"));
      process.stdout.write(
        `${clock(target.nowMs)} of ${target instanceof Sim ? "virtual " : ""}time: height ${height}, ${plural(blocks, "block")}, ` +
          `${plural(readings, "reading")}, ${plural(transfers, "transfer")}, ${verdict}\n` +
          `balances ${scene.balances.join(" ")} (sum ${scene.supply})\n` +
          (load === null
            ? ""
            : `devices compute ${Math.round(100 * load.busy)} % of the time (derived), ${plural(load.overruns, "frame")} found no room\n`) +
          (hash.traceHash ? `trace hash ${hash.traceHash}\n` : ""),
      );
      for (const sentence of scene.violations) process.stdout.write(`${kleur.red("violation")} ${sentence}\n`);
    }
    return summary.violations ? exit.FAILED : exit.OK;
  }

  close(): void {
    this.live.close();
  }

  #make(): Live {
    const { generation } = this.#stage;
    const live = new Live(this.#stage.target.log, generation ? `${this.#title}  fork ${generation}` : this.#title);
    live.scene.dashboard = this.#settings.dashboard;
    return live;
  }

  /** Another log holds the fleet's past now. */
  #again(): void {
    const { onCommit, onNote } = this.live;
    this.live.close();
    this.live = this.#make();
    Object.assign(this.live, { onCommit, onNote });
  }

  /** Runs to the end, with each scheduled deed at its time. */
  async #perform(): Promise<void> {
    const { actions, endMs } = this.#settings;
    for (const { atMs, deed } of actions) {
      if (atMs >= endMs) break;
      await this.#stage.run({ untilMs: atMs });
      if (this.#over) return;
      await this.#stage.target.do(deed);
    }
    if (!this.#over) await this.#stage.run({ untilMs: endMs });
  }

  #end(): void {
    this.#over = true;
    this.#stage.stop();
  }

  async #press(key: string): Promise<void> {
    const { target } = this.#stage;
    const done = (deed: Deed): Promise<void> => target.do(deed);
    if (key === "p") return this.#stage.paused ? this.#stage.resume() : this.#stage.pause();
    if (key === "s") return done(schedule.evenAndOdd(target.devices));
    if (key === "h") return done({ do: "heal" });
    const device = /^\d$/.test(key) ? Number(key) : target.devices;
    if (device < target.devices) return done({ do: target.up(device) ? "kill" : "restart", device });
  }

  #progress(nowMs: number): string {
    const { blocks, readings, transfers, lanes, violations } = this.live.scene;
    const up = lanes.filter((lane) => lane.up).length;
    return (
      `${clock(nowMs)}  height ${this.live.summary().height}  ${plural(blocks, "block")}  ${plural(readings, "reading")}  ` +
      `${plural(transfers, "transfer")}  ${up} of ${lanes.length} devices up  ${plural(violations.length, "violation")}`
    );
  }
}
