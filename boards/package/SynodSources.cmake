# What is compiled, said once for every build system that speaks CMake: this package, Zephyr's module, and whoever includes this file.
#
#   SYNOD_ROOT      the unpacked archive
#   SYNOD_RUNTIME   boards/runtime/*.c but libc.c, which is for systems that have a heap of their own
#   SYNOD_WASM3     wasm3's core without m3_compile.c, m3_core.c and m3_code.c, which fuse.c and core.c include
#   SYNOD_INCLUDES  where headers lie             SYNOD_OPTIONS how both are compiled; SYNOD_LENIENT in addition for what is wasm3's
#
# Rule: no file is named twice anywhere; what lies in the folders belongs to them.

get_filename_component(SYNOD_ROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
set(SYNOD_CMAKE "${CMAKE_CURRENT_LIST_DIR}")
file(GLOB SYNOD_RUNTIME "${SYNOD_ROOT}/boards/runtime/*.c")
list(FILTER SYNOD_RUNTIME EXCLUDE REGEX "/libc\\.c$")
file(GLOB SYNOD_WASM3 "${SYNOD_ROOT}/wasm3/m3_*.c")
list(FILTER SYNOD_WASM3 EXCLUDE REGEX "/m3_(compile|core|code)\\.c$")
set(SYNOD_INCLUDES "${SYNOD_ROOT}/boards/runtime" "${SYNOD_ROOT}/wasm3")
set(SYNOD_MODULE "${SYNOD_ROOT}/module/device.wasm")

# wasm3 multiplies signed integers and reads slots through pointers of several types, trusting both to be defined.
set(SYNOD_OPTIONS "SHELL:-include ${SYNOD_ROOT}/boards/runtime/config.h" -fwrapv -fno-strict-aliasing)
set(SYNOD_LENIENT "${SYNOD_WASM3}" "${SYNOD_ROOT}/boards/runtime/fuse.c" "${SYNOD_ROOT}/boards/runtime/core.c")
