// Products and quotients that the lx106 has no instruction for and its compiler expects in the chip's ROM.
//
// Rule: what C says of these operations holds; a divisor of 0 gives 0, since wasm3 traps before it divides by
// it.

#include <stdint.h>

uint32_t __udivsi3(uint32_t a, uint32_t b);
uint32_t __umodsi3(uint32_t a, uint32_t b);
int32_t __divsi3(int32_t a, int32_t b);
int32_t __modsi3(int32_t a, int32_t b);
uint64_t __umulsidi3(uint32_t a, uint32_t b);
uint64_t __muldi3(uint64_t a, uint64_t b);
uint64_t __udivdi3(uint64_t a, uint64_t b);
uint64_t __umoddi3(uint64_t a, uint64_t b);
int64_t __divdi3(int64_t a, int64_t b);
int64_t __moddi3(int64_t a, int64_t b);

typedef union {
    uint64_t all;
    uint32_t half[2];
} pair;

/** Bit by bit: the remainder takes in a digit of a at a time, and gives one of the quotient. */
uint32_t __udivsi3(uint32_t a, uint32_t b) {
    uint32_t quotient = 0, rest = 0;
    for (unsigned i = 32; i-- > 0 && b != 0;) {
        uint32_t top = rest >> 31;
        rest = (rest << 1) | ((a >> i) & 1);
        if (top == 0 && rest < b) continue;
        rest -= b;
        quotient |= 1u << i;
    }
    return quotient;
}

uint64_t __udivdi3(uint64_t a, uint64_t b) {
    uint64_t quotient = 0, rest = 0;
    for (unsigned i = 64; i-- > 0 && b != 0;) {
        uint64_t top = rest >> 63;
        rest = (rest << 1) | ((a >> i) & 1);
        if (top == 0 && rest < b) continue;
        rest -= b;
        quotient |= (uint64_t)1 << i;
    }
    return quotient;
}

static uint32_t size32(int32_t a) { return a < 0 ? 0u - (uint32_t)a : (uint32_t)a; }
static uint64_t size64(int64_t a) { return a < 0 ? 0u - (uint64_t)a : (uint64_t)a; }

int32_t __divsi3(int32_t a, int32_t b) {
    uint32_t quotient = __udivsi3(size32(a), size32(b));
    return (int32_t)((a ^ b) < 0 ? 0u - quotient : quotient);
}

int64_t __divdi3(int64_t a, int64_t b) {
    uint64_t quotient = __udivdi3(size64(a), size64(b));
    return (int64_t)((a ^ b) < 0 ? 0u - quotient : quotient);
}

uint32_t __umodsi3(uint32_t a, uint32_t b) { return a - __udivsi3(a, b) * b; }
int32_t __modsi3(int32_t a, int32_t b) { return a - __divsi3(a, b) * b; }
uint64_t __umoddi3(uint64_t a, uint64_t b) { return a - __udivdi3(a, b) * b; }
int64_t __moddi3(int64_t a, int64_t b) { return a - __divdi3(a, b) * b; }

/** 32 x 32 -> 64 from four products of halves; no partial sum reaches 2^32. */
uint64_t __umulsidi3(uint32_t a, uint32_t b) {
    uint32_t a0 = a & 0xffff, a1 = a >> 16, b0 = b & 0xffff, b1 = b >> 16;
    uint32_t low = a0 * b0, cross = a1 * b0 + (low >> 16), other = a0 * b1 + (cross & 0xffff);
    pair product = {.half = {(other << 16) | (low & 0xffff), a1 * b1 + (cross >> 16) + (other >> 16)}};
    return product.all;
}

uint64_t __muldi3(uint64_t a, uint64_t b) {
    pair x = {.all = a}, y = {.all = b}, product = {.all = __umulsidi3(x.half[0], y.half[0])};
    product.half[1] += x.half[0] * y.half[1] + x.half[1] * y.half[0];
    return product.all;
}
