// Counts of executed wasm3 operations, by name. Only in the profiling build (d_m3EnableOpProfiling).

#ifndef SYNOD_OPS_H
#define SYNOD_OPS_H

/** Forgets all counts. */
void ops_reset(void);

/** Prints `op NAME N` for each operation that ran. */
void ops_print(void);

#endif
