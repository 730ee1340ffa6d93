// What may stand in a stored contract (firmware/wire/call.ts): its head, its sections, its instructions.
//
// A contract was validated when it was deployed. This walk, once before each run, is the second lock on the
// door: wasm3 0.5.0 believes what it compiles, and a count that is too large, an instruction that contracts
// may not have or a body that ends too early would be its end. It knows nothing of types.
// host/device/contract.ts is its twin.

#ifndef SYNOD_SHAPE_H
#define SYNOD_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

/** True when the n bytes at code have the shape of a stored contract. */
bool shape_holds(const uint8_t *code, uint32_t n);

#endif
