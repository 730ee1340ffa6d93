// The same work in libsodium, natively: what the figures of `npm run bench` are compared with.
//
//   rival REPEATS verify|sign|keygen|x25519|x25519-base|aead|sha256|sha512 [BYTES]
//
// The message has BYTES bytes (default 32). Prints `result 0` when every call succeeded.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

static unsigned char message[1 << 20], key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
static unsigned char signature[crypto_sign_BYTES], digest[crypto_hash_sha512_BYTES],
    seed[crypto_sign_SEEDBYTES], shared[crypto_scalarmult_BYTES],
    tag[crypto_aead_chacha20poly1305_ietf_ABYTES], nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

/** Seals the message where it lies. */
static int seal(unsigned long long n) {
    return crypto_aead_chacha20poly1305_ietf_encrypt_detached(message, tag, NULL, message, n, NULL, 0, NULL,
                                                              nonce, seed);
}

static int work(const char *name, unsigned long long n) {
    if (strcmp(name, "verify") == 0) return crypto_sign_verify_detached(signature, message, n, key);
    if (strcmp(name, "sign") == 0) return crypto_sign_detached(signature, NULL, message, n, secret);
    if (strcmp(name, "keygen") == 0) return crypto_sign_seed_keypair(key, secret, seed);
    if (strcmp(name, "x25519") == 0) return crypto_scalarmult(shared, seed, key);
    if (strcmp(name, "x25519-base") == 0) return crypto_scalarmult_base(shared, seed);
    if (strcmp(name, "aead") == 0) return seal(n);
    if (strcmp(name, "sha256") == 0) return crypto_hash_sha256(digest, message, n);
    if (strcmp(name, "sha512") == 0) return crypto_hash_sha512(digest, message, n);
    fprintf(stderr, "rival: no such work: %s\n", name);
    exit(1);
}

int main(int argc, char **argv) {
    int result = 0;
    if (argc < 3 || sodium_init() < 0) return 1;
    unsigned long long n = argc > 3 ? strtoull(argv[3], NULL, 10) : 32;
    if (n > sizeof message) return 1;
    crypto_sign_seed_keypair(key, secret, seed);
    crypto_sign_detached(signature, NULL, message, n, secret);
    for (unsigned long i = strtoul(argv[1], NULL, 10); i > 0; i--) result |= work(argv[2], n);
    printf("result %d\nlibsodium %s\n", result, sodium_version_string());
    return result != 0;
}
