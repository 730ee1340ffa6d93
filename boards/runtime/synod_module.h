// A module in the image, however it got there: synod_embed of CMake, synod_module.c or synod_module.S of a
// release.
//
// Rule: the bytes are constant, so they stay in flash; node_open and station_open read them where they lie.

#ifndef SYNOD_MODULE_H
#define SYNOD_MODULE_H

#include <stdint.h>

extern const uint8_t synod_module[];
extern const uint32_t synod_module_size;

#endif
