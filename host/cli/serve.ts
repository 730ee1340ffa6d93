// The gateway of a fleet that a command runs: on the port asked for, else on the first that is free from 7777 on.
//
//   stage ──> gateway/server.ts ──> http://127.0.0.1:7777/       and into fleet.json, so that the file names a running fleet
//
// Rule: a port that was asked for is taken or the command fails; without one, a fleet runs though no gateway could be served.

import { existsSync, readFileSync } from "node:fs";
import type { Gateway } from "../gateway/server.ts";
import * as fleetfile from "../target/fleetfile.ts";
import type { Stage } from "../target/stage.ts";
import { valued, type Option } from "./command.ts";
import { builtPath } from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";

const PORT = 7777;
const PORTS = 50;

export const OPTIONS: Option[] = [
  valued(
    "--port",
    `Port of dashboard and gateway, or none (default: ${PORT} or the next free one, while the view is on)`,
  ),
  valued("--bind", "Address that the gateway listens on (default 127.0.0.1; another one needs --token)"),
  valued("--token", "What the gateway asks for before it lets anybody in"),
];

export interface Served {
  /** What to open in a browser. */
  readonly link: string;
  close(): Promise<void>;
}

export interface Asked {
  /** undefined: the first that is free. */
  readonly port: number | undefined;
  readonly bind: string;
  readonly token: string | undefined;
}

/** What the command line asks for; null when no gateway is wanted. */
export function asked(values: flag.Values, view: boolean): Asked | null {
  const given = flag.text(values, "port");
  const bind = flag.text(values, "bind") || "127.0.0.1";
  const token = flag.text(values, "token") || undefined;
  if (given === "none" || (given === "" && !view)) return null;
  const port = given === "" ? undefined : flag.integer(values, "port", PORT, 0, 65_535);
  return { port, bind, token };
}

const taken = (error: unknown): boolean => (error as { code?: string }).code === "EADDRINUSE";

/** Serves a gateway. `file`: the fleet.json that says where it is, as long as it is there; "" for none. */
export async function serve(stage: Stage, { port, bind, token }: Asked, file: string): Promise<Served> {
  const server = await import("../gateway/server.ts");
  const path = builtPath("dashboard.html");
  const page = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  const note = (sentence: string): boolean => process.stderr.write(`synod: ${sentence}\n`);
  const first = port ?? PORT;
  for (let at = first; ; at++)
    try {
      return noted(await server.serve(stage, { port: at, bind, token, page, note }), file);
    } catch (error) {
      if (!taken(error)) throw error;
      if (port !== undefined) throw new exit.Failed(`port ${port} of ${bind} is taken; --port takes another one`);
      if (at === first + PORTS)
        throw new exit.Failed(`ports ${first} to ${at} of ${bind} are taken; --port takes another`);
    }
}

/** Writes the gateway's address into fleet.json, and takes it out again when it closes. */
function noted(gateway: Gateway, file: string): Served {
  const { url, link } = gateway;
  if (file !== "") fleetfile.running(file, url.replace(/\/$/, ""));
  return {
    link,
    async close() {
      if (file !== "") fleetfile.running(file, null);
      await gateway.close();
    },
  };
}
