/* Buckets live in a table of fixed size, found by a keyed hash of the key: a stranger can neither grow it nor choose
 * whose bucket to share. Two keys that fall into one place share its tries, which errs on the safe side. Knows no
 * clock. */
#include "services/web/throttle.h"

#include "services/common/arena.h"
#include "services/common/encode.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#define PLACES 16384

/* A bucket is one number: when it will be full again. It holds burst - (full_at - now) / refill tries. */
struct throttle {
    int64_t refill_ms, room_ms; /* room: from empty to full */
    char key[32];
    int64_t full_at[PLACES];
};

struct throttle *throttle_new(unsigned burst, int64_t refill_ms)
{
    struct throttle *throttle = mem_zero(1, sizeof *throttle);
    throttle->refill_ms = refill_ms;
    throttle->room_ms = refill_ms * (int64_t)burst;
    random_bytes(throttle->key, sizeof throttle->key);
    return throttle;
}

void throttle_destroy(struct throttle **throttle)
{
    free(*throttle);
    *throttle = NULL;
}

static int64_t *place(struct throttle *throttle, struct slice key)
{
    unsigned char mac[EVP_MAX_MD_SIZE] = {0};
    unsigned size = 0;
    HMAC(EVP_sha256(), throttle->key, sizeof throttle->key, (const unsigned char *)key.at, key.size, mac, &size);
    return &throttle->full_at[(mac[0] | (size_t)mac[1] << 8) % PLACES];
}

bool throttle_take(struct throttle *throttle, struct slice key, int64_t now, int64_t *wait_ms)
{
    int64_t *full_at = place(throttle, key);
    int64_t later = (*full_at > now ? *full_at : now) + throttle->refill_ms;
    int64_t over = later - now - throttle->room_ms;
    if (wait_ms != NULL)
        *wait_ms = over > 0 ? over : 0;
    if (over > 0)
        return false;
    *full_at = later;
    return true;
}

void throttle_return(struct throttle *throttle, struct slice key)
{
    *place(throttle, key) -= throttle->refill_ms;
}

void throttle_forgive(struct throttle *throttle, struct slice key)
{
    *place(throttle, key) = 0;
}
