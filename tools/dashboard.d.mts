// Types of tools/dashboard.mjs for the files in TypeScript.

/** The page, and the sources it was made of. */
export function bundle(): Promise<{ html: string; inputs: string[] }>;
/** Brings build/dashboard.html up to date; true when it had to be built. */
export function buildDashboard(): Promise<boolean>;
/** Bytes of the page after gzip at its best level. */
export function gzipSize(html: string | Uint8Array): number;
