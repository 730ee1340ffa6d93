// A command line run in this process, as a test sees it: exit code and what went to stdout and stderr.

import { main } from "../../host/cli/main.ts";

export interface Heard {
  code: number;
  out: string;
  err: string;
}

/** Runs `synod` with these words. */
export async function synod(...words: string[]): Promise<Heard> {
  const heard = { out: "", err: "" };
  const { log } = console;
  const [stdout, stderr] = [process.stdout.write, process.stderr.write];
  console.log = (text: string) => void (heard.out += `${text}\n`);
  process.stdout.write = ((text: string) => !!(heard.out += text)) as typeof process.stdout.write;
  process.stderr.write = ((text: string) => !!(heard.err += text)) as typeof process.stderr.write;
  try {
    return { code: await main(words), ...heard };
  } finally {
    console.log = log;
    process.stdout.write = stdout;
    process.stderr.write = stderr;
  }
}

/** The JSON lines of an output. */
export const lines = (out: string): Record<string, unknown>[] =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
