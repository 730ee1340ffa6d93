// The entry of build/debug.wasm: the ABI and test hooks by folder, flat names `<folder>_<file>_<function>`. Never flashed.

export * from "./index";
export * from "./debug/wire";
export * from "./debug/bench";
export * from "./debug/crypto";
export * from "./debug/cose";
export * from "./debug/core";
export * from "./debug/tree";
export * from "./debug/mesh";
export * from "./debug/ledger";
