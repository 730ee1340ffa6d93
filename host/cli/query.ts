import type { Command } from "./command.ts";
export const command: Command = { usage: "query", about: "", options: [], examples: [], run: async () => 1 };
