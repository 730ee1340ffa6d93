// What AssemblyScript's primitive types are to TypeScript, so that tsc can check firmware/wire as host code.
declare type u8 = number;
declare type u16 = number;
declare type u32 = number;
declare type i32 = number;
declare type usize = number;
declare type u64 = bigint;
declare type bool = boolean;
