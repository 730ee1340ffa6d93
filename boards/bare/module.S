// The device module, as it is, in flash: wasm3 compiles functions from there as they are first called.
    .section .module, "a"
    .balign 8
    .incbin MODULE
