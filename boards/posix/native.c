// libsodium's functions under the names of wire/accelerate.ts. A board with a crypto unit has its driver
// here.
//
// libsodium accepts a signature when S < L, neither A nor R has small order, A is canonical, and the encoding
// of S B - k A is R, byte by byte. So R names that very point, and S B = R + k A: multiplied by 8 that is
// ZIP-215.

#include "native.h"

#include <string.h>

#include "abi.h"

#ifdef SYNOD_SODIUM

#include <sodium.h>

const char *native_name(void) { return "libsodium " SODIUM_VERSION_STRING; }

const char *native_open(void) { return sodium_init() < 0 ? "libsodium does not start" : NULL; }

/** As ed25519.sign: libsodium's secret key is the seed and the public key behind it. */
static int sign(const node_operands *o) {
    uint8_t key[crypto_sign_SECRETKEYBYTES];
    memcpy(key, o->a, 32);
    memcpy(key + 32, o->b, 32);
    int result = crypto_sign_detached(o->c, NULL, o->bytes, o->n, key);
    sodium_memzero(key, sizeof key);
    return result;
}

static int public_key(const node_operands *o) {
    uint8_t key[crypto_sign_SECRETKEYBYTES], public[crypto_sign_PUBLICKEYBYTES];
    int result = crypto_sign_seed_keypair(public, key, o->a);
    if (result == 0) memcpy(o->b, public, sizeof public);
    sodium_memzero(key, sizeof key);
    return result;
}

/** Fails for a peer of small order, and for what is all zero: the device answers those itself. */
static int shared(const node_operands *o) {
    uint8_t out[crypto_scalarmult_BYTES];
    int result = crypto_scalarmult(out, o->a, o->b);
    if (result == 0) memcpy(o->c, out, sizeof out);
    sodium_memzero(out, sizeof out);
    return result;
}

static int shared_key(const node_operands *o) {
    uint8_t out[crypto_scalarmult_BYTES];
    int result = crypto_scalarmult_base(out, o->a);
    if (result == 0) memcpy(o->b, out, sizeof out);
    return result;
}

/** Compresses whole blocks: libsodium's state holds the chaining value in words of this machine. */
static int sha256(const node_operands *o) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state); // no bytes seen
    for (int i = 0; i < 8; i++)
        state.state[i] = (uint32_t)o->a[4 * i] | (uint32_t)o->a[4 * i + 1] << 8 |
                         (uint32_t)o->a[4 * i + 2] << 16 | (uint32_t)o->a[4 * i + 3] << 24;
    int result = crypto_hash_sha256_update(&state, o->bytes, o->n & ~63u);
    for (int i = 0; i < 32; i++) o->a[i] = (uint8_t)(state.state[i / 4] >> (8 * (i % 4)));
    sodium_memzero(&state, sizeof state);
    return result;
}

static int perform(uint32_t op, const node_operands *o) {
    switch (op) {
    case SYNOD_ACCELERATE_VERIFY: return crypto_sign_verify_detached(o->b, o->bytes, o->n, o->a);
    case SYNOD_ACCELERATE_SIGN: return sign(o);
    case SYNOD_ACCELERATE_PUBLIC_KEY: return public_key(o);
    case SYNOD_ACCELERATE_X25519: return shared(o);
    case SYNOD_ACCELERATE_X25519_PUBLIC: return shared_key(o);
    case SYNOD_ACCELERATE_SHA256: return sha256(o);
    default: return -1;
    }
}

int32_t native_accelerate(void *self, uint32_t op, const node_operands *o) {
    (void)self;
    if (op == SYNOD_ACCELERATE_OFFER)
        return 1 << SYNOD_ACCELERATE_VERIFY | 1 << SYNOD_ACCELERATE_SIGN | 1 << SYNOD_ACCELERATE_PUBLIC_KEY |
               1 << SYNOD_ACCELERATE_X25519 | 1 << SYNOD_ACCELERATE_X25519_PUBLIC |
               1 << SYNOD_ACCELERATE_SHA256;
    return perform(op, o) == 0 ? SYNOD_ACCELERATE_DONE : 0;
}

#else

const char *native_name(void) { return NULL; }

const char *native_open(void) {
    return "this program was built without libsodium; install libsodium-dev and build it again";
}

int32_t native_accelerate(void *self, uint32_t op, const node_operands *o) {
    (void)self, (void)op, (void)o;
    return 0;
}

#endif
