// SHA-256 (FIPS 180-4) and the byte order of a trace. Small rather than fast: a board hashes a few hundred
// bytes a call.

#include "trace.h"

#include <string.h>

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotr(uint32_t x, unsigned n) { return (x >> n) | (x << (32 - n)); }

static void compress(uint32_t state[8], const uint8_t block[64]) {
    uint32_t w[64], s[8];
    for (unsigned i = 0; i < 16; i++)
        w[i] = ((uint32_t)block[4 * i] << 24) | ((uint32_t)block[4 * i + 1] << 16) |
               ((uint32_t)block[4 * i + 2] << 8) | block[4 * i + 3];
    for (unsigned i = 16; i < 64; i++) {
        uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    memcpy(s, state, sizeof s); // s = A B C D E F G H
    for (unsigned i = 0; i < 64; i++) {
        uint32_t t1 = s[7] + (rotr(s[4], 6) ^ rotr(s[4], 11) ^ rotr(s[4], 25)) +
                      ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[i] + w[i];
        uint32_t t2 = (rotr(s[0], 2) ^ rotr(s[0], 13) ^ rotr(s[0], 22)) +
                      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof s[0]);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (unsigned i = 0; i < 8; i++) state[i] += s[i];
}

void trace_add(trace *t, const uint8_t *p, uint32_t n) {
    uint32_t used = (uint32_t)(t->length & 63);
    t->length += n;
    while (n > 0) {
        uint32_t take = n < 64 - used ? n : 64 - used;
        memcpy(t->block + used, p, take);
        p += take, n -= take, used += take;
        if (used == 64) compress(t->state, t->block), used = 0;
    }
}

static void little32(uint8_t *p, uint32_t v) {
    for (unsigned i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}

void trace_begin(trace *t) {
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memset(t, 0, sizeof *t);
    memcpy(t->state, initial, sizeof initial);
}

void trace_call(trace *t, uint8_t call, int32_t result, const uint8_t *records, uint32_t n) {
    uint8_t head[9];
    head[0] = call;
    little32(head + 1, (uint32_t)result);
    little32(head + 5, n);
    trace_add(t, head, sizeof head);
    trace_add(t, records, n);
}

void trace_digest(const trace *t, uint8_t out[32]) {
    static const uint8_t zeros[64] = {0x80};
    uint8_t bits[8];
    trace last = *t;
    for (unsigned i = 0; i < 8; i++) bits[i] = (uint8_t)((t->length * 8) >> (56 - 8 * i));
    trace_add(&last, zeros,
              1 + (uint32_t)((119 - (t->length & 63)) & 63)); // 0x80 and zeros, up to 8 short of a block
    trace_add(&last, bits, sizeof bits);
    for (unsigned i = 0; i < 32; i++) out[i] = (uint8_t)(last.state[i / 4] >> (24 - 8 * (i % 4)));
}

void trace_hex(const trace *t, char out[65]) {
    uint8_t digest[32];
    trace_digest(t, digest);
    for (unsigned i = 0; i < 64; i++) {
        unsigned nibble = (i & 1) ? digest[i / 2] & 15u : digest[i / 2] >> 4;
        out[i] = (char)(nibble < 10 ? '0' + nibble : 'a' + nibble - 10);
    }
    out[64] = 0;
}
