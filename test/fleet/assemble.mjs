// Compiles the entry file named on the command line in memory and writes the module to standard output.
//
// A program of its own, since a loader that transforms TypeScript takes longer over the compiler's source than the compiler
// over ours.

import { mutant } from "../../tools/mutants.mjs";

process.stdout.write(await mutant([], process.argv[2]));
