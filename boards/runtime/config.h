// How wasm3 is built here, the same in every port; compile wasm3 and the runtime with `-include config.h`.
//
// Rule: the settings that decide whether a module compiles (stack heights, constants, float) are those of the
// smallest board everywhere, so that a function which a board would refuse is refused on a laptop first.

#ifndef SYNOD_CONFIG_H
#define SYNOD_CONFIG_H

// A device is integer-only: without float wasm3 is 20 KB smaller and half its unchecked paths are gone.
#define d_m3HasFloat 0
#define d_m3NoFloatDynamic 0 // a float opcode is an error when compiled, not a trap when executed

#define d_m3MaxFunctionStackHeight 256 // values on the operand stack of one function; 512 slots of 32 bits
#define d_m3MaxConstantTableSize 64    // constants that a function keeps in slots
#define d_m3CascadedOpcodes 0          // two-level opcode table: no gain, 3 KB of flash
#define d_m3RecordBacktraces 0

#ifndef d_m3CodePageAlignSize
#define d_m3CodePageAlignSize 1024 // code pages grow by this many bytes
#endif
#ifndef d_m3VerboseErrorMessages
#define d_m3VerboseErrorMessages 0 // wasm3's short messages suffice; the long ones cost RAM and printf
#endif
#ifndef d_m3MaxDuplicateFunctionImpl
#define d_m3MaxDuplicateFunctionImpl                                                                         \
    1 // names kept per function: 4 bytes of RAM each; exports are found in the module itself
#endif

// Bytes of native stack that a contract's calls may take before its next call traps; on 64 bits enough for
// any operand stack, under sanitizers too. A port without tail calls (Xtensa) gives more.
#ifndef SANDBOX_NATIVE
#define SANDBOX_NATIVE (UINTPTR_MAX > UINT32_MAX ? 262144u : 4096u)
#endif

// Storage class of what a compilation keeps between two words of code: `__thread` where several threads open
// nodes.
#ifndef SYNOD_PER_THREAD
#define SYNOD_PER_THREAD
#endif

// Newer wasm3 (0.9): what a device never uses stays out.
#define d_m3HasExceptionHandling 0
#define d_m3HasTypedRefs 0
#define d_m3HasRefTypes 0
#define d_m3HasMultiMemory 0
#define d_m3HasMemory64 0
#define d_m3HasGasMetering 0

#endif
