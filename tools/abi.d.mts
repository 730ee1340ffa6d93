// Types of tools/abi.mjs for the files in TypeScript.

/** Path of the generated header. */
export const target: string;
/** What it should hold. */
export function generate(): string;
