/* Each step takes from what has come so far; the search for where the other side's message begins is bounded by its
 * longest padding. */
#include "services/ratio/auditor/mse.h"

#include "services/common/arena.h"
#include "services/ratio/auditor/mse_crypto.h"

#include <assert.h>
#include <stdlib.h>

enum { CRYPTO_PLAIN = 1, CRYPTO_RC4 = 2 };
enum { VC_SIZE = 8, PAYLOAD_MAX = 1024, HASH = MSE_HASH_SIZE };

enum step {
    STEP_public, /* of the other side */
    STEP_vc,     /* dials: where its encrypted zeros are */
    STEP_select, /* dials */
    STEP_req1,   /* answers: where HASH(req1 S) is */
    STEP_torrent,
    STEP_provide,
    STEP_pad,
    STEP_payload_size,
    STEP_payload,
    STEP_open,
    STEP_wrong,
};

struct mse {
    enum step step;
    bool dials;
    uint32_t crypto; /* agreed on */
    struct mse_random random;
    uint8_t info_hash[20];
    struct buffer payload; /* dials: to go with the first message */
    mse_known_fn *known;
    void *arg;
    struct mse_keys *keys; /* the shared secret is known */
    struct buffer in;
    size_t pad, payload_size;
};

static struct mse *mse_new(bool dials, const struct mse_random *random)
{
    struct mse *mse = mem_zero(1, sizeof *mse);
    assert(random->pad_size <= MSE_PAD_MAX);
    mse->dials = dials;
    mse->random = *random;
    return mse;
}

void mse_destroy(struct mse **mse)
{
    if (*mse == NULL)
        return;
    mse_keys_destroy(&(*mse)->keys);
    buffer_free(&(*mse)->payload);
    buffer_free(&(*mse)->in);
    free(*mse);
    *mse = NULL;
}

static void put_public(const struct mse *mse, struct buffer *wire)
{
    uint8_t number[MSE_PUBLIC_SIZE];
    mse_public(mse->random.key, number);
    buffer_add(wire, number, sizeof number);
    buffer_add(wire, mse->random.pad, mse->random.pad_size);
}

struct mse *mse_dial(const uint8_t info_hash[20], struct slice payload, const struct mse_random *random,
                     struct buffer *wire)
{
    struct mse *mse = mse_new(true, random);
    assert(payload.size <= PAYLOAD_MAX);
    memcpy(mse->info_hash, info_hash, sizeof mse->info_hash);
    buffer_add(&mse->payload, payload.at, payload.size);
    put_public(mse, wire);
    return mse;
}

struct mse *mse_answer(mse_known_fn *known, void *arg, const struct mse_random *random)
{
    struct mse *mse = mse_new(false, random);
    mse->known = known;
    mse->arg = arg;
    return mse;
}

bool mse_is_encrypted(const struct mse *mse)
{
    return mse->crypto == CRYPTO_RC4;
}

/* ---- pieces of messages ---- */

static void drop(struct mse *mse, size_t size)
{
    memmove(mse->in.at, mse->in.at + size, mse->in.size - size);
    mse->in.size -= size;
}

static bool wrong(struct mse *mse)
{
    mse->step = STEP_wrong;
    return false;
}

/* Decrypts the first bytes in place; false: they have not all come. */
static bool open_first(struct mse *mse, size_t size, char *into)
{
    if (mse->in.size < size)
        return false;
    mse_decrypt(mse->keys, mse->in.at, size, into);
    drop(mse, size);
    return true;
}

static void seal(struct mse *mse, const void *bytes, size_t size, struct buffer *wire)
{
    size_t at = wire->size;
    buffer_add(wire, bytes, size);
    mse_encrypt(mse->keys, wire->at + at, size, wire->at + at);
}

static void seal_number(struct mse *mse, uint32_t number, size_t size, struct buffer *wire)
{
    uint8_t bytes[4];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number >> 8 * (size - 1 - i));
    seal(mse, bytes, size, wire);
}

static uint32_t number_of(const char *bytes, size_t size)
{
    uint32_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | (uint8_t)bytes[i];
    return number;
}

static void seal_vc(struct mse *mse, uint32_t crypto, struct buffer *wire)
{
    static const uint8_t zeros[VC_SIZE];
    seal(mse, zeros, sizeof zeros, wire);
    seal_number(mse, crypto, 4, wire);
    seal_number(mse, 0, 2, wire); /* no padding */
}

/* Drops what comes before the pattern; false: it has not come, or it is wrong that it has not. */
static bool find(struct mse *mse, const uint8_t *pattern, size_t size)
{
    const char *at = mse->in.size > 0 ? memmem(mse->in.at, mse->in.size, pattern, size) : NULL;
    size_t before = at != NULL ? (size_t)(at - mse->in.at) : mse->in.size;
    if (before > MSE_PAD_MAX && (at != NULL || before >= MSE_PAD_MAX + size))
        return wrong(mse);
    if (at == NULL)
        return false;
    drop(mse, before + size);
    return true;
}

/* ---- steps: each true when it was done ---- */

static bool take_public(struct mse *mse, struct buffer *wire)
{
    uint8_t hash[HASH], other[HASH];
    if (mse->in.size < MSE_PUBLIC_SIZE)
        return false;
    mse->keys = mse_keys_new(mse->random.key, (const uint8_t *)mse->in.at);
    if (mse->keys == NULL)
        return wrong(mse);
    drop(mse, MSE_PUBLIC_SIZE);
    if (!mse->dials) {
        put_public(mse, wire);
        mse->step = STEP_req1;
        return true;
    }
    mse_hash_secret(mse->keys, "req1", hash);
    buffer_add(wire, hash, HASH);
    mse_mark(mse->info_hash, hash);
    mse_hash_secret(mse->keys, "req3", other);
    for (size_t i = 0; i < HASH; i++)
        hash[i] ^= other[i];
    buffer_add(wire, hash, HASH);
    mse_keys_begin(mse->keys, mse->info_hash, true);
    seal_vc(mse, CRYPTO_RC4 | CRYPTO_PLAIN, wire);
    seal_number(mse, (uint32_t)mse->payload.size, 2, wire);
    seal(mse, mse->payload.at, mse->payload.size, wire);
    mse->step = STEP_vc;
    return true;
}

/* The other side's zeros, encrypted, are what its key stream begins with. */
static bool take_vc(struct mse *mse)
{
    if (!find(mse, mse_first_bytes(mse->keys), VC_SIZE))
        return false;
    mse->step = STEP_select;
    return true;
}

static bool take_select(struct mse *mse)
{
    char bytes[6];
    if (!open_first(mse, sizeof bytes, bytes))
        return false;
    mse->crypto = number_of(bytes, 4);
    mse->pad = number_of(bytes + 4, 2);
    if ((mse->crypto != CRYPTO_RC4 && mse->crypto != CRYPTO_PLAIN) || mse->pad > MSE_PAD_MAX)
        return wrong(mse);
    mse->step = STEP_pad;
    return true;
}

static bool take_req1(struct mse *mse)
{
    uint8_t hash[HASH];
    mse_hash_secret(mse->keys, "req1", hash);
    if (!find(mse, hash, HASH))
        return false;
    mse->step = STEP_torrent;
    return true;
}

static bool take_torrent(struct mse *mse)
{
    uint8_t mark[HASH];
    if (mse->in.size < HASH)
        return false;
    mse_hash_secret(mse->keys, "req3", mark);
    for (size_t i = 0; i < HASH; i++)
        mark[i] ^= (uint8_t)mse->in.at[i];
    drop(mse, HASH);
    if (!mse->known(mse->arg, mark, mse->info_hash))
        return wrong(mse);
    mse_keys_begin(mse->keys, mse->info_hash, false);
    mse->step = STEP_provide;
    return true;
}

static bool take_provide(struct mse *mse)
{
    static const char zeros[VC_SIZE];
    char bytes[VC_SIZE + 6];
    if (!open_first(mse, sizeof bytes, bytes))
        return false;
    uint32_t provide = number_of(bytes + VC_SIZE, 4);
    mse->crypto = (provide & CRYPTO_RC4) != 0 ? CRYPTO_RC4 : provide & CRYPTO_PLAIN;
    mse->pad = number_of(bytes + VC_SIZE + 4, 2);
    if (memcmp(bytes, zeros, VC_SIZE) != 0 || mse->crypto == 0 || mse->pad > MSE_PAD_MAX)
        return wrong(mse);
    mse->step = STEP_pad;
    return true;
}

static bool take_pad(struct mse *mse)
{
    char bytes[MSE_PAD_MAX];
    if (!open_first(mse, mse->pad, bytes))
        return false;
    mse->step = mse->dials ? STEP_open : STEP_payload_size;
    return true;
}

static bool take_payload_size(struct mse *mse)
{
    char bytes[2];
    if (!open_first(mse, sizeof bytes, bytes))
        return false;
    mse->payload_size = number_of(bytes, 2);
    if (mse->payload_size > PAYLOAD_MAX)
        return wrong(mse);
    mse->step = STEP_payload;
    return true;
}

static bool take_payload(struct mse *mse, struct buffer *wire, struct buffer *plain)
{
    char bytes[PAYLOAD_MAX];
    if (!open_first(mse, mse->payload_size, bytes))
        return false;
    buffer_add(plain, bytes, mse->payload_size);
    seal_vc(mse, mse->crypto, wire);
    mse->step = STEP_open;
    return true;
}

static bool take_step(struct mse *mse, struct buffer *wire, struct buffer *plain)
{
    switch (mse->step) {
    case STEP_public:
        return take_public(mse, wire);
    case STEP_vc:
        return take_vc(mse);
    case STEP_select:
        return take_select(mse);
    case STEP_req1:
        return take_req1(mse);
    case STEP_torrent:
        return take_torrent(mse);
    case STEP_provide:
        return take_provide(mse);
    case STEP_pad:
        return take_pad(mse);
    case STEP_payload_size:
        return take_payload_size(mse);
    case STEP_payload:
        return take_payload(mse, wire, plain);
    default:
        return false;
    }
}

enum mse_state mse_take(struct mse *mse, struct slice bytes, struct buffer *wire, struct buffer *plain)
{
    buffer_add(&mse->in, bytes.at, bytes.size);
    while (take_step(mse, wire, plain))
        ;
    if (mse->step == STEP_wrong)
        return MSE_WRONG;
    if (mse->step != STEP_open)
        return MSE_UNDER_WAY;
    size_t at = plain->size;
    buffer_add(plain, mse->in.at, mse->in.size);
    if (mse->crypto == CRYPTO_RC4)
        mse_decrypt(mse->keys, plain->at + at, mse->in.size, plain->at + at);
    mse->in.size = 0;
    return MSE_OPEN;
}

void mse_send(struct mse *mse, struct slice plain, struct buffer *wire)
{
    assert(mse->step == STEP_open);
    if (mse->crypto == CRYPTO_RC4)
        seal(mse, plain.at, plain.size, wire);
    else
        buffer_add(wire, plain.at, plain.size);
}
