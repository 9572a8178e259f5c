/* 16 bits of the minute, 48 bits of the hash. The minute comes round after 45 days, but the hash is of the whole one.
 */
#include "services/tracker/connection_id.h"

#define HASH_BITS 48
#define MINUTE_MS 60000

static uint64_t id_of(const struct connection_key *key, const struct address *address, uint64_t minute)
{
    struct {
        uint64_t minute;
        uint8_t family, bytes[23]; /* no padding: all of it is hashed */
    } bound = {.minute = minute, .family = (uint8_t)address->family};
    memcpy(bound.bytes, address->bytes, address->family == FAMILY_v6 ? 16 : 4);
    uint64_t hash = siphash(key->secret, &bound, sizeof bound);
    return (minute & UINT16_MAX) << HASH_BITS | hash >> (64 - HASH_BITS);
}

uint64_t connection_id_give(const struct connection_key *key, const struct address *address, int64_t now)
{
    return id_of(key, address, (uint64_t)now / MINUTE_MS);
}

/* An id from the minute to come is none of ours: its age is then 65535 minutes, longer than any lifetime. */
bool connection_id_taken(const struct connection_key *key, const struct address *address, int64_t now, uint64_t id)
{
    uint64_t minute = (uint64_t)now / MINUTE_MS;
    uint64_t age = (minute - (id >> HASH_BITS)) & UINT16_MAX;
    return age <= (key->lifetime + 59) / 60 && id_of(key, address, minute - age) == id;
}
