/* A secret is 32 random bytes, told as base32 and stored as the SHA-256 of that text: it has too much chance in it to
 * be guessed, so no salt and no slow hash are needed (passwords are another matter, see password.c). Proofs are keyed
 * with the secret itself, so that the replicas of web share no key beside their tables. */
#include "services/web/secret.h"

#include "services/common/encode.h"
#include "services/common/log.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

static void hash(struct slice text, char into[HASH_SIZE])
{
    SHA256((const unsigned char *)text.at, text.size, (unsigned char *)into);
}

void secret_make(struct secret *into)
{
    char bytes[SECRET_SIZE];
    random_bytes(bytes, sizeof bytes);
    base32_write(slice_of(bytes, sizeof bytes), into->text);
    hash(slice_text(into->text), into->hash);
}

void secret_derive(struct slice key, const char *purpose, struct secret *into)
{
    char proof[PROOF_TEXT_MAX], bytes[SECRET_SIZE] = {0};
    secret_prove(key, purpose, slice_text("secret"), proof);
    hex_read(slice_text(proof), bytes, sizeof bytes);
    base32_write(slice_of(bytes, sizeof bytes), into->text);
    hash(slice_text(into->text), into->hash);
}

bool secret_read(struct slice text, struct secret *into)
{
    char bytes[SECRET_SIZE];
    if (text.size != SECRET_TEXT_MAX - 1 || !base32_read(text, bytes, sizeof bytes))
        return false;
    base32_write(slice_of(bytes, sizeof bytes), into->text);
    /* Base32 reads other forms of the same bytes too: only the one that was given out is ours. */
    if (!slice_equal(text, slice_text(into->text)))
        return false;
    hash(slice_text(into->text), into->hash);
    return true;
}

void passkey_make(char into[PASSKEY_TEXT_MAX])
{
    char bytes[20];
    random_bytes(bytes, sizeof bytes);
    base32_write(slice_of(bytes, sizeof bytes), into);
}

void secret_prove(struct slice secret, const char *purpose, struct slice text, char into[PROOF_TEXT_MAX])
{
    /* The purpose is part of the key, so that a proof for one is never one for another. */
    unsigned char key[HASH_SIZE], proof[HASH_SIZE];
    unsigned size = 0;
    if (HMAC(EVP_sha256(), purpose, (int)strlen(purpose), (const unsigned char *)secret.at, secret.size, key, &size) ==
            NULL ||
        HMAC(EVP_sha256(), key, sizeof key, (const unsigned char *)text.at, text.size, proof, &size) == NULL)
        fatal("OpenSSL cannot compute HMAC-SHA256: check the installation of libssl3.");
    hex_write(slice_of(proof, sizeof proof), into);
}

bool secret_proves(struct slice secret, const char *purpose, struct slice text, struct slice proof)
{
    char expected[PROOF_TEXT_MAX];
    secret_prove(secret, purpose, text, expected);
    return secret_equal(slice_text(expected), proof);
}
