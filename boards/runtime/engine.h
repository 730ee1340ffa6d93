// What Synod needs of wasm3 beyond its public interface. The only files that name wasm3's private parts are
// these two, fuse.c and sandbox.c, so that another version of wasm3 is met there and nowhere else.
//
// Known: 0.5.0 (npm react-native-webassembly 0.3.3) and 0.9 (upstream, folder source/).

#ifndef SYNOD_ENGINE_H
#define SYNOD_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "heap.h"
#include "wasm3.h"

/** Room after the operand stack for one call's arguments and results, which wasm3 writes before it checks. */
#define ENGINE_STACK_GUARD 128u

/** Parameters that a function called from outside may have. */
#define ENGINE_ARGUMENTS 12u

typedef struct engine_usage {
    uint32_t code;                  // bytes of code pages filled
    uint32_t code_bank[HEAP_BANKS]; // bytes of carved pages written, heads included, by bank; of pages from
                                    // the C library all bytes, as if they were a bank
    uint32_t functions;             // functions that the module declares, imports included
    uint32_t function_ram;          // bytes that their descriptions take
    uint32_t compiled;              // functions compiled so far
} engine_usage;

/** As m3_ParseModule, without custom sections at the module's end: wasm3 would copy all names into RAM; and
 * m3Err_mallocFailed, not a crash, where RAM does not suffice. Whoever loads a second module and wants all
 * its RAM back gives it an environment of its own: types of functions stay with that. */
M3Result engine_parse(IM3Environment environment, IM3Module *module, const uint8_t *wasm, uint32_t size);

/** Makes all code pages that runtime will ever have of what the banks have left but `spare` bytes
 * (heap_carve); with the C library none are made, they come as they are needed. After loading, before linking
 * imports. */
M3Result engine_carve(IM3Runtime runtime, uint32_t spare);

/** Frees the runtime and its module, and what its environment kept of its code; carved pages stay with the
 * heap. runtime may be NULL. The environment is freed after it. */
void engine_free(IM3Runtime runtime);

/** Paints the operand stack, keeps the guard behind it, forbids memory to grow beyond what the module
 * declares, and grants no more of it than its MEMORY_END says. After parsing, before loading. */
void engine_prepare(IM3Runtime runtime, IM3Module module);

/** Bytes of operand stack ever written, at most what m3_NewRuntime was given. */
uint32_t engine_stack_used(IM3Runtime runtime);

/** Linear memory and its size; NULL when the module has none. */
uint8_t *engine_memory(IM3Runtime runtime, IM3Module module, uint32_t *size);

/** The exported function of this name, compiled; NULL in *function when there is none. Reads the export
 * section itself. */
M3Result engine_find(IM3Function *function, IM3Module module, const char *name);

/** Forgets all compiled code and the linked imports; functions compile again as they are called. Never while
 *  the module runs. Functions found before stay valid: engine_ready compiles them again. Imports must be
 *  linked again. */
void engine_flush(IM3Runtime runtime, IM3Module module);

/** Compiles function if it is not compiled. */
M3Result engine_ready(IM3Function function);

/** Bytes of code pages filled, heads left out. */
uint32_t engine_code(IM3Runtime runtime);

/** Index of the function that runs when the module is loaded (it hands over the application's hooks), or -1.
 * After parsing. */
int32_t engine_start(IM3Module module);

/** Sets linear memory to what a fresh instance holds: zeros, the data segments, and what function `start`
 * makes of them. */
M3Result engine_restart(IM3Runtime runtime, IM3Module module, int32_t start);

/** What the interpreter holds. */
engine_usage engine_measure(IM3Runtime runtime, IM3Module module);

/** What to say of a result that means that RAM ran out; NULL for any other. */
const char *engine_shortage(M3Result result);

/** Compiles function index of module anew in runtime and returns the bytes of code page it takes with 32-bit
 * words; 0 when it is an import or was never compiled. Destroys what the module knew of its compiled code:
 * for tools, after the last call. */
uint32_t engine_code_bytes(IM3Runtime runtime, IM3Module module, uint32_t index);

/** Size in the wasm of function index, its size field included; 0 for an import. */
uint32_t engine_wasm_bytes(IM3Module module, uint32_t index);

#endif
