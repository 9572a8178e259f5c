#include "services/ratio/auditor/mse_crypto.h"

#include "services/common/arena.h"

#include <assert.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>

#define DISCARDED 1024
#define GENERATOR 2
#define FIRST_SIZE 8

static const char prime_hex[] = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
                                "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
                                "4FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563";

struct mse_keys {
    uint8_t secret[MSE_PUBLIC_SIZE];
    EVP_CIPHER_CTX *ours, *theirs;
    uint8_t first[FIRST_SIZE]; /* of their stream; taken off it */
};

static OSSL_PROVIDER *legacy, *standard;
static EVP_CIPHER *rc4;

/* Whoever loads one provider by name must load the standard one too. */
bool mse_start(void)
{
    legacy = OSSL_PROVIDER_load(NULL, "legacy");
    standard = OSSL_PROVIDER_load(NULL, "default");
    rc4 = EVP_CIPHER_fetch(NULL, "RC4", NULL);
    return rc4 != NULL;
}

void mse_stop(void)
{
    EVP_CIPHER_free(rc4);
    OSSL_PROVIDER_unload(legacy);
    OSSL_PROVIDER_unload(standard);
    rc4 = NULL;
    legacy = standard = NULL;
}

/* base ^ key mod P. */
static void power(const BIGNUM *base, const BIGNUM *prime, const uint8_t key[MSE_KEY_SIZE],
                  uint8_t into[MSE_PUBLIC_SIZE])
{
    BN_CTX *context = BN_CTX_new();
    BIGNUM *exponent = BN_bin2bn(key, MSE_KEY_SIZE, NULL), *result = BN_new();
    bool done = context != NULL && exponent != NULL && result != NULL &&
                BN_mod_exp(result, base, exponent, prime, context) == 1 &&
                BN_bn2binpad(result, into, MSE_PUBLIC_SIZE) == MSE_PUBLIC_SIZE;
    assert(done);
    BN_free(result);
    BN_clear_free(exponent);
    BN_CTX_free(context);
}

static BIGNUM *prime_new(void)
{
    BIGNUM *prime = NULL;
    int digits = BN_hex2bn(&prime, prime_hex);
    assert(digits == (int)strlen(prime_hex));
    return prime;
}

void mse_public(const uint8_t key[MSE_KEY_SIZE], uint8_t into[MSE_PUBLIC_SIZE])
{
    BIGNUM *prime = prime_new(), *base = BN_new();
    int set = BN_set_word(base, GENERATOR);
    assert(set);
    power(base, prime, key, into);
    BN_free(base);
    BN_free(prime);
}

/* 0, 1, P - 1 and what is no less than P are no public numbers: the secret would be known. */
struct mse_keys *mse_keys_new(const uint8_t key[MSE_KEY_SIZE], const uint8_t theirs[MSE_PUBLIC_SIZE])
{
    struct mse_keys *keys = NULL;
    BIGNUM *prime = prime_new(), *base = BN_bin2bn(theirs, MSE_PUBLIC_SIZE, NULL), *last = BN_dup(prime);
    int less = BN_sub_word(last, 1);
    assert(less && base != NULL);
    if (!BN_is_zero(base) && !BN_is_one(base) && BN_cmp(base, last) < 0) {
        keys = mem_zero(1, sizeof *keys);
        power(base, prime, key, keys->secret);
    }
    BN_free(last);
    BN_free(base);
    BN_free(prime);
    return keys;
}

void mse_keys_destroy(struct mse_keys **keys)
{
    if (*keys == NULL)
        return;
    EVP_CIPHER_CTX_free((*keys)->ours);
    EVP_CIPHER_CTX_free((*keys)->theirs);
    free(*keys);
    *keys = NULL;
}

/* HASH(word, secret, more); each but the word may be missing. */
static void hash(const char *word, const uint8_t *secret, const uint8_t *more, uint8_t into[MSE_HASH_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context != NULL && EVP_DigestInit_ex(context, EVP_sha1(), NULL) &&
                EVP_DigestUpdate(context, word, strlen(word)) &&
                (secret == NULL || EVP_DigestUpdate(context, secret, MSE_PUBLIC_SIZE)) &&
                (more == NULL || EVP_DigestUpdate(context, more, 20)) && EVP_DigestFinal_ex(context, into, NULL);
    assert(done);
    EVP_MD_CTX_free(context);
}

void mse_mark(const uint8_t info_hash[20], uint8_t mark[20])
{
    hash("req2", NULL, info_hash, mark);
}

void mse_hash_secret(const struct mse_keys *keys, const char *word, uint8_t into[MSE_HASH_SIZE])
{
    hash(word, keys->secret, NULL, into);
}

static void run(EVP_CIPHER_CTX *stream, const void *from, size_t size, void *into)
{
    int written = 0;
    bool done = size == 0 || EVP_EncryptUpdate(stream, into, &written, from, (int)size);
    assert(done && written == (int)size);
}

static EVP_CIPHER_CTX *stream_new(const char *word, const struct mse_keys *keys, const uint8_t info_hash[20])
{
    uint8_t key[MSE_HASH_SIZE], rubbish[DISCARDED] = {0};
    EVP_CIPHER_CTX *stream = EVP_CIPHER_CTX_new();
    hash(word, keys->secret, info_hash, key);
    bool done = stream != NULL && EVP_EncryptInit_ex2(stream, rc4, NULL, NULL, NULL) &&
                EVP_CIPHER_CTX_set_key_length(stream, MSE_HASH_SIZE) &&
                EVP_EncryptInit_ex2(stream, NULL, key, NULL, NULL);
    assert(done);
    run(stream, rubbish, sizeof rubbish, rubbish);
    return stream;
}

void mse_keys_begin(struct mse_keys *keys, const uint8_t info_hash[20], bool dials)
{
    keys->ours = stream_new(dials ? "keyA" : "keyB", keys, info_hash);
    keys->theirs = stream_new(dials ? "keyB" : "keyA", keys, info_hash);
    if (dials)
        run(keys->theirs, keys->first, FIRST_SIZE, keys->first);
}

const uint8_t *mse_first_bytes(const struct mse_keys *keys)
{
    return keys->first;
}

void mse_encrypt(struct mse_keys *keys, const void *from, size_t size, void *into)
{
    run(keys->ours, from, size, into);
}

void mse_decrypt(struct mse_keys *keys, const void *from, size_t size, void *into)
{
    run(keys->theirs, from, size, into);
}
