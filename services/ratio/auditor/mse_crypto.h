/* The arithmetic of message stream encryption (mse.h), by OpenSSL: Diffie-Hellman modulo its prime of 768 bits, the
 * hashes, and the two RC4 streams, of which the first 1024 bytes are thrown away. */
#ifndef DJEMBE_RATIO_AUDITOR_MSE_CRYPTO_H
#define DJEMBE_RATIO_AUDITOR_MSE_CRYPTO_H

#include "services/ratio/auditor/mse.h"

#define MSE_HASH_SIZE 20

struct mse_keys;

void mse_public(const uint8_t key[MSE_KEY_SIZE], uint8_t into[MSE_PUBLIC_SIZE]);
/* From our private and their public number; NULL when that is none. */
struct mse_keys *mse_keys_new(const uint8_t key[MSE_KEY_SIZE], const uint8_t theirs[MSE_PUBLIC_SIZE]);
void mse_keys_destroy(struct mse_keys **keys);

/* HASH(word, S). */
void mse_hash_secret(const struct mse_keys *keys, const char *word, uint8_t into[MSE_HASH_SIZE]);

/* The torrent is known: both streams begin. */
void mse_keys_begin(struct mse_keys *keys, const uint8_t info_hash[20], bool dials);
void mse_encrypt(struct mse_keys *keys, const void *from, size_t size, void *into);
void mse_decrypt(struct mse_keys *keys, const void *from, size_t size, void *into);
/* Who dials: what 8 zeros look like at the beginning of their stream, which goes on behind them. */
const uint8_t *mse_first_bytes(const struct mse_keys *keys);

#endif
