/* The first eight bytes of peer_ids, client and version: few that many share, each kept once under a small number.
 * Pure. */
#ifndef DJEMBE_TRACKER_PREFIXES_H
#define DJEMBE_TRACKER_PREFIXES_H

#include "services/common/table.h"
#include "services/tracker/hash.h"

#define PREFIX_SIZE 8
#define PREFIX_NONE 0u /* no prefix has this number */
#define PREFIXES_MAX UINT16_MAX

struct prefix {
    uint8_t bytes[PREFIX_SIZE];
    uint32_t uses;
};

struct prefixes {
    struct hash_key key;
    struct prefix *all; /* by number; [0] is not used */
    uint32_t room, top;
    uint32_t free; /* the first that nobody uses; its `uses` is the next one's number */
    struct table table;
};

void prefixes_init(struct prefixes *prefixes, const struct hash_key *key);
void prefixes_clear(struct prefixes *prefixes);

/* The number, with one more use; PREFIX_NONE when there are too many. */
uint16_t prefixes_take(struct prefixes *prefixes, const uint8_t bytes[PREFIX_SIZE]);
/* One use less; with the last the number is free for another. */
void prefixes_give(struct prefixes *prefixes, uint16_t number);

static inline const uint8_t *prefixes_at(const struct prefixes *prefixes, uint16_t number)
{
    return prefixes->all[number].bytes;
}

size_t prefixes_bytes(const struct prefixes *prefixes);

#endif
