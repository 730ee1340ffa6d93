// host/device/sandbox.ts for a page: devices that answer from a page of memory have no flash with contracts in it, so every call finds none.
// tools/dashboard.mjs puts this file in its place; test/dashboard/model.test.ts compares the two.

import { ABSENT } from "../../firmware/wire/call.ts";
import type { Owner } from "../device/sandbox.ts";

export class Sandbox {
  readonly #owner: () => Owner;

  constructor(owner: () => Owner) {
    this.#owner = owner;
  }

  /** The import `call`: ABSENT, for no gas. A trap when the input is not all in memory. */
  call(_code: number, _length: number, input: number, n: number, _gas: number): bigint {
    if ((input >>> 0) + (n >>> 0) > this.#owner().memory.length)
      throw new WebAssembly.RuntimeError("memory access out of bounds");
    return BigInt(ABSENT);
  }
}
