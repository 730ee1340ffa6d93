// `synod keygen`: a device makes its own key, as it does when a board is powered up for the first time.
//
//   blank flash + true entropy -> boot -> request IDENTITY -> event: public key, kid
//
// With --out, an operator's key is made on this machine instead, for `synod tx --key`.

import { randomBytes } from "node:crypto";
import * as effect from "../../firmware/wire/effect.ts";
import * as event from "../../firmware/wire/event.ts";
import * as request from "../../firmware/wire/request.ts";
import { kid as thumbprintId } from "../client/client.ts";
import { NOTHING, type Engine, type Hal } from "../device/device.ts";
import { parse } from "../device/effects.ts";
import { Flash } from "../fleet/flash.ts";
import * as words from "../wire/words.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import * as keyfile from "./keyfile.ts";

/** A board with true entropy and flash that was never written. */
function blankBoard(): Hal {
  const flash = new Flash();
  return {
    entropy: (n) => new Uint8Array(randomBytes(n)),
    read: (region, offset, n) => flash.read(region, offset, n),
    sense: () => NOTHING,
  };
}

/** Boots a blank device and asks who it is. */
export async function identity(which: Engine): Promise<{ publicKey: Uint8Array; kid: Uint8Array }> {
  const device = await engine.device(which, blankBoard());
  try {
    const refused = device.boot(0n) || device.request(Uint8Array.of(request.IDENTITY), 1n);
    if (refused) throw new exit.Failed(`the blank device does not start: ${words.reason(refused)}`);
    const answer = parse(device.effects()).find(({ op, a }) => op === effect.EVENT && a === event.IDENTITY);
    if (!answer) throw new exit.Failed("the blank device did not say who it is");
    return { publicKey: answer.bytes.slice(0, 32), kid: answer.bytes.slice(32, 40) };
  } finally {
    device.close();
  }
}

export const command: Command = {
  usage: "keygen",
  about: "Let a blank device make its key and show the public part",
  more: [
    "The device runs with true entropy and keeps its seed: it is gone when this command ends, and is never printed.",
    "--out makes an operator's key on this machine instead: a JSON Web Key, mode 0600, for tx --key.",
  ],
  options: [engine.option("wasm3"), valued("--out", "Make an operator's key file instead"), JSON_SWITCH],
  examples: ["keygen", "keygen --engine v8 --json", "keygen --out operator.jwk"],
  async run(values) {
    const json = flag.on(values, "json");
    const show = (made: string, publicKey: Uint8Array, kid: Uint8Array): boolean =>
      process.stdout.write(
        json
          ? `${JSON.stringify({ madeBy: made, publicKey: flag.toHex(publicKey), kid: flag.toHex(kid) })}\n`
          : `public key  ${flag.toHex(publicKey)}\nkid         ${flag.toHex(kid)}\nmade by     ${made}\n`,
      );
    const out = flag.text(values, "out");
    if (out) {
      const { pub, kid } = keyfile.create(out);
      show(`this machine, kept in ${out}`, pub, kid);
      return exit.OK;
    }
    for (const which of engine.listed(engine.choose(values, "wasm3"))) {
      const { publicKey, kid } = await identity(which);
      const expected = thumbprintId(publicKey);
      if (Buffer.compare(kid, expected) !== 0)
        throw new exit.Failed(`the device says kid ${flag.toHex(kid)}; RFC 9679 gives ${flag.toHex(expected)}`);
      show(`a blank device in ${which}`, publicKey, kid);
    }
    return exit.OK;
  },
};
