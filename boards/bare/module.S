// The device module, as it is, in flash: wasm3 compiles functions from there as they are first called.
    .section .module, "a"
    .balign 8
    .incbin MODULE

// Stored contracts, where a port would map its region of modules.
    .section .rodata.contracts, "a"
    .balign 8
    .global contracts_start, contracts_end
contracts_start:
#ifdef CONTRACTS
    .incbin CONTRACTS
#endif
contracts_end:
