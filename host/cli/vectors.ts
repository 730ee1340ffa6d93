import type { Command } from "./command.ts";
export const command: Command = { usage: "vectors", about: "", options: [], examples: [], run: async () => 1 };
