/* Message stream encryption, as BitTorrent clients speak it: a Diffie-Hellman exchange, then the torrent named under a
 * hash of the shared secret, then RC4 or plain text. Both roles. Pure: bytes and random numbers come in.
 *
 *   dials:   Ya, pad -> <- Yb, pad; HASH(req1 S), HASH(req2 SKEY) ^ HASH(req3 S), E(VC, provide, pad, payload) ->
 *            <- E(VC, select, pad), payload
 *
 * RC4 is in OpenSSL's legacy provider, which Debian's libssl3 brings with it. */
#ifndef DJEMBE_RATIO_AUDITOR_MSE_H
#define DJEMBE_RATIO_AUDITOR_MSE_H

#include "services/common/bencode.h"

#define MSE_KEY_SIZE 20 /* bytes of a private key */
#define MSE_PAD_MAX 512 /* bytes that may hide how long a message is */
#define MSE_PUBLIC_SIZE 96

/* Once a process, before anything else here. False: this OpenSSL has no RC4. */
bool mse_start(void);
void mse_stop(void);

struct mse_random {
    uint8_t key[MSE_KEY_SIZE];
    uint8_t pad[MSE_PAD_MAX];
    uint16_t pad_size;
};

enum mse_state { MSE_UNDER_WAY, MSE_OPEN, MSE_WRONG };

struct mse;

/* Begins to dial: `wire` gets what is to be sent first. `payload` goes with the first encrypted message. */
struct mse *mse_dial(const uint8_t info_hash[20], struct slice payload, const struct mse_random *random,
                     struct buffer *wire);
/* Answers who dials. `known` is asked which torrent has the given hash ("req2", info-hash); false: none of ours. */
typedef bool mse_known_fn(void *arg, const uint8_t mark[20], uint8_t info_hash[20]);
struct mse *mse_answer(mse_known_fn *known, void *arg, const struct mse_random *random);
void mse_destroy(struct mse **mse);

/* Takes bytes from the wire: what must be sent goes to `wire`, what the other side says to `plain`. */
enum mse_state mse_take(struct mse *mse, struct slice bytes, struct buffer *wire, struct buffer *plain);
/* Once it is open: adds what is to be sent to `wire`. */
void mse_send(struct mse *mse, struct slice plain, struct buffer *wire);
/* What both agreed on: RC4, or plain text behind the exchange. */
bool mse_is_encrypted(const struct mse *mse);
/* The hash by which a dialler names a torrent. */
void mse_mark(const uint8_t info_hash[20], uint8_t mark[20]);

#endif
