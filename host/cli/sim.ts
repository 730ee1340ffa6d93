import type { Command } from "./command.ts";
export const command: Command = { usage: "sim", about: "", options: [], examples: [], run: async () => 1 };
