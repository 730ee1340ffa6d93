// What a module says of its memory and globals: the two sections of a wasm file that the JavaScript API does not show.
//
//   magic, version 8 B | id u8 · length leb · contents | ...      memory: 5      global: 6
//
// Rule: reads modules that an engine has accepted; it does not validate.

export interface Sections {
  /** Pages at the start and at most (null: no limit); 0 pages when there is no memory. */
  readonly memory: { readonly first: number; readonly most: number | null };
  /** Globals that may change. */
  readonly mutables: number;
}

const MEMORY = 5;
const GLOBAL = 6;

/** The memory and the mutable globals of a module. */
export function read(wasm: Uint8Array): Sections {
  let at = 8;
  const leb = (): number => {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = wasm[at++];
      value += (byte & 127) * place;
      if (byte < 128) return value;
    }
  };
  /** Skips the expression of constants that a global starts with. */
  const skipExpression = (): void => {
    for (let op = wasm[at++]; op !== 0x0b; op = wasm[at++]) {
      if (op === 0x43) at += 4;
      else if (op === 0x44) at += 8;
      else leb(); // i32.const, i64.const, global.get: one number
    }
  };
  let memory: Sections["memory"] = { first: 0, most: 0 };
  let mutables = 0;
  while (at < wasm.length) {
    const id = wasm[at++];
    const length = leb();
    const end = at + length;
    if (id === MEMORY && leb() > 0) {
      const limited = (leb() & 1) !== 0;
      memory = { first: leb(), most: limited ? leb() : null };
    } else if (id === GLOBAL) {
      for (let n = leb(); n > 0; n--) {
        at++; // its type
        if (wasm[at++] === 1) mutables++;
        skipExpression();
      }
    }
    at = end;
  }
  return { memory, mutables };
}
