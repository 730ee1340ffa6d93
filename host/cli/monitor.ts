// `synod monitor`: what one device says, in words, as it says it: a board on a desk, or one in an emulator.
//
//   serial:/dev/ttyUSB0 ──records──▶ sentences          what is no record (a boot loader's text) is shown as it is
//
// Opening a line changes nothing on the board. Exit code 0 when told to end, 1 when the device ended.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import kleur from "kleur";
import * as devent from "../device/event.ts";
import { hex } from "../device/bytes.ts";
import * as kinds from "../live/kinds.ts";
import type { Message } from "../live/life.ts";
import * as words from "../wire/words.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import { builtPath } from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";

/** A message as a sentence; "" for what only programs need. */
export function sentence(message: Message): string {
  switch (message.what) {
    case "boot":
      return message.reason === 0 ? "booted" : `does not start: ${words.reason(message.reason)}`;
    case "event":
      return words.event(devent.decode(message.kind, message.bytes));
    case "act":
      return `sets channel ${message.channel} to ${Number(message.value) / 1000}`;
    case "reset":
      return `restarts: ${words.reason(message.reason)}`;
    case "reply":
      return message.reason === 0 ? "did as it was asked" : `refuses: ${words.reason(message.reason)}`;
    case "trap":
    case "error":
      return message.words;
    case "crash":
      return `leaves a tape: npx synod replay ${message.path}`;
    case "sent":
      return `sent a frame of ${message.bytes.length} bytes`;
    default:
      return "";
  }
}

/** A message as a line for programs. */
export function line(atMs: number, message: Message): string {
  const plain = (_: string, value: unknown): unknown =>
    typeof value === "bigint" ? value.toString() : value instanceof Uint8Array ? hex(value) : value;
  return JSON.stringify({ atMs, ...message }, plain);
}

const paint = (message: Message, text: string): string =>
  message.what === "trap" || message.what === "error"
    ? kleur.red(text)
    : message.what === "event" || message.what === "boot"
      ? text
      : kleur.gray(text);

export const command: Command = {
  usage: "monitor <device>",
  about: "Show what a board says: serial:/dev/ttyUSB0, or qemu:stm32f405",
  more: [
    "DEVICE is a word of up --devices. A board on a desk runs already and goes on when this ends; one in an emulator is started",
    "with a flash of its own, which is kept where --dir says. --frames shows the frames that it sends, too.",
  ],
  options: [
    valued("--seconds", "End after so long (default: when told to)"),
    valued(
      "--dir",
      "Folder for the flash of an emulated board (default: a new one, removed at the end unless a tape is left there)",
    ),
    valued("--wasm", "Module that it must run (default build/device.wasm)"),
    { flag: "--frames", about: "Show frames as well", takes: false },
    JSON_SWITCH,
  ],
  examples: ["monitor serial:/dev/ttyUSB0", "monitor qemu:an386 --seconds 5 --json"],
  async run(values, list) {
    if (list.length !== 1) throw new exit.Usage("monitor takes one device, like serial:/dev/ttyUSB0 or qemu:stm32f405");
    const [what, ...more] = kinds.parse(list[0]);
    if (more.length > 0) throw new exit.Usage("monitor shows one device");
    const json = flag.on(values, "json");
    const seconds = flag.decimal(values, "seconds", Infinity, 0.1, 1e7);
    const asked = flag.text(values, "dir");
    const path = asked || mkdtempSync(join(tmpdir(), "synod-monitor-"));
    const wasm = flag.text(values, "wasm") || builtPath("device.wasm");
    const module = new Uint8Array(readFileSync(wasm));
    const started = performance.now();
    let crashed = false;
    const show = (message: Message): void => {
      crashed ||= message.what === "crash";
      if (message.what === "sent" && !flag.on(values, "frames")) return;
      const atMs = Math.round(performance.now() - started);
      const said = json ? line(atMs, message) : sentence(message);
      if (said === "") return;
      process.stdout.write(json ? `${said}\n` : `${(atMs / 1000).toFixed(3).padStart(9)}  ${paint(message, said)}\n`);
    };
    try {
      await kinds.prepare([what], wasm, module, {});
      const life = kinds.start(what, { path, wasm, module, device: 0, watch: true }, show);
      const stop = new Promise<"told">((done) => {
        process.once("SIGINT", () => done("told"));
        process.once("SIGTERM", () => done("told"));
        if (seconds !== Infinity) setTimeout(() => done("told"), 1000 * seconds);
      });
      const how = await Promise.race([stop, life.ended]);
      if (how === "told") await life.quit();
      else if (how.status !== 0) throw new exit.Failed(`the device ended: ${how.words || how.signal || how.status}`);
      return exit.OK;
    } finally {
      if (asked === "" && !crashed) rmSync(path, { recursive: true, force: true });
    }
  },
};
