// wasm3's memory and code pages on a board: this file is compiled in place of m3_core.c and m3_code.c, which
// it includes unchanged. What they ask of the C library is answered by heap.c.
//
//   calloc, realloc, free    the banks
//   NewCodePage              none for the device, whose pages were all made when it was opened; from the heap
//                            for any other runtime (a contract's), which gives them back when it is freed
//
// Built with the flags of wasm3's own files, for the sake of those included.

#include <stdlib.h>

#include "heap.h"

#define calloc(COUNT, SIZE) heap_take((size_t)(COUNT) * (SIZE))
#define realloc(P, SIZE) heap_resize(P, SIZE)
#define free(P) heap_give(P)

#include "m3_core.c"

#undef calloc
#undef realloc
#undef free

#define NewCodePage wasm3_NewCodePage

#include "m3_code.c"

#undef NewCodePage

IM3CodePage NewCodePage(IM3Runtime runtime, u32 lines) {
    return heap_is_carved(runtime) ? NULL : wasm3_NewCodePage(runtime, lines);
}
