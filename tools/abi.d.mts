// Types of tools/abi.mjs for the files in TypeScript.

/** Path of the generated header, and of the map of regions. */
export const target: string;
export const mapTarget: string;
/** What they should hold. */
export function generate(): string;
export function regions(): string;
