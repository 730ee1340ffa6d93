import type { Command } from "./command.ts";
export const command: Command = { usage: "up", about: "", options: [], examples: [], run: async () => 1 };
