// `synod provision`: makes a cell of devices that have a key and no cell yet.
//
//   each device ──IDENTITY──▶ public key ──▶ genesis of all ──PROVISION──▶ each device        DIR/cell keeps the genesis and the cell's key
//
// Keys are made on the devices and never leave them: what a device is asked for is its public key. Rule: the cell is written to DIR before any device
// is told of it, so a command that was cut short is finished by the same command again.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import * as folder from "../target/folder.ts";
import * as fleetfile from "../target/fleetfile.ts";
import * as kinds from "../live/kinds.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";

/** What of the cell was said. */
function wanted(values: flag.Values, devices: kinds.Kind[]): folder.Wanted {
  const number = (name: string, low: number, high: number): number | undefined =>
    flag.text(values, name) === "" ? undefined : flag.integer(values, name, 0, low, high);
  const given = {
    deltaMs: number("delta", 10, 60_000),
    mtu: number("mtu", 128, 1500),
    heartbeatMs: number("heartbeat", 0, 3_600_000),
  };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return { devices, n: kinds.voters(devices), ...(Object.fromEntries(said) as Partial<typeof given>) };
}

export const command: Command = {
  usage: "provision <devices>",
  about: "Make a cell of boards: their public keys in one genesis, told to each; private keys never leave them",
  more: [
    "DEVICES as in up --devices: serial:/dev/ttyUSB0,serial:/dev/ttyUSB1,... A device that belongs to this cell already is left as it is; one that",
    "belongs to another is refused. DIR/cell holds the genesis and the key of the cell's frames: keep it to yourself.",
  ],
  options: [
    valued("--dir", "Folder of the cell (needed)"),
    valued("--delta", "Bound on one message and its check, milliseconds (default: what the slowest device needs)"),
    valued("--mtu", "Largest frame, bytes (default 1400; ESP-NOW takes 250)"),
    valued("--heartbeat", "A block after so many milliseconds without transactions; 0: none (default 0)"),
    valued("--wasm", "Module that the devices must run (default build/device.wasm)"),
    JSON_SWITCH,
  ],
  examples: ["provision serial:/dev/ttyUSB0,serial:/dev/ttyUSB1,sim*2 --dir cell", "provision qemu:an386*4 --dir cell"],
  async run(values, list) {
    if (list.length !== 1) throw new exit.Usage("provision takes one list of devices, like serial:/dev/ttyUSB0,sim*3");
    const dir = flag.text(values, "dir");
    if (dir === "") throw new exit.Usage("provision needs --dir: where the cell is kept");
    const devices = kinds.parse(list[0]);
    const path = resolve(dir);
    const file = flag.text(values, "wasm");
    const how = file === "" ? {} : { wasm: engine.module(file) };
    if (!flag.on(values, "json")) process.stderr.write(`asking ${devices.length} devices who they are ...\n`);
    const made = await folder.open(path, wanted(values, devices), how);
    const description = join(path, "fleet.json");
    if (!existsSync(description))
      fleetfile.write(description, { engine: "posix", n: made.n, dir: path, devices: kinds.format(devices) });
    if (flag.on(values, "json"))
      process.stdout.write(`${JSON.stringify({ cell: made.name, dir: path, n: made.n, kids: made.kids, devices })}\n`);
    else {
      made.kids.forEach((kid, i) => process.stdout.write(`device ${i}  ${kid}  ${devices[i]}\n`));
      process.stdout.write(`cell ${made.name} of ${made.n}; synod up posix:${dir} runs it\n`);
    }
    return exit.OK;
  },
};
