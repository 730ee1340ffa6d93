// What release.mjs made.

export interface Release {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly tar: { readonly bytes: number; readonly sha256: string };
  readonly files: number;
  readonly version: string;
  readonly abi: string;
  readonly line: number;
  readonly wasm3: string;
  readonly module: { readonly file: string; readonly bytes: number; readonly sha256: string; readonly abi: string };
}

/** Makes the archive in `out` around the module at `wasm`. */
export function release(options?: { wasm?: string; out?: string }): Promise<Release>;
