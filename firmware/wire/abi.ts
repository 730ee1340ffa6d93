// The version of the contract between a module and the runtime that carries it (docs/abi.md): what `abi()` returns.
//
//   abi()   major u16 in the upper half · minor u16 in the lower
//
// Rule: a runtime MAJOR.MINOR carries modules MAJOR.0 to MAJOR.MINOR and refuses all others. MINOR grows with what an older module does not
// miss; MAJOR with everything else.
//
//   1.1   the import `accelerate`, optional
//   1.2   the import `call`, optional

export const MAJOR: u32 = 1;
export const MINOR: u32 = 2;
/** Where the major version stands in the number. */
export const SHIFT: u32 = 16;
