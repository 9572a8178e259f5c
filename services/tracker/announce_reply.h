/* Writes the answer to an HTTP announce. Pure. */
#ifndef DJEMBE_TRACKER_ANNOUNCE_REPLY_H
#define DJEMBE_TRACKER_ANNOUNCE_REPLY_H

#include "services/tracker/announce.h"

/* 200 peers with two addresses each in the long form, about 100 bytes an address, and the rest. */
#define ANNOUNCE_REPLY_MAX 49152

struct reply_text {
    size_t size;
    char at[ANNOUNCE_REPLY_MAX];
};

/* Bencoded, keys sorted; in the form that the announce asked for. */
void announce_reply_write(const struct announce *ask, const struct announce_reply *reply, struct reply_text *into);

/* A failure alone, for requests that were not understood; `retry` as in struct announce_reply. */
void failure_write(const char *failure, uint32_t retry, struct reply_text *into);

/* For the other replies of this wire: text is appended while it fits (what is written here always does: asserted). */
void reply_add(struct reply_text *into, const void *bytes, size_t size);
void reply_text(struct reply_text *into, const char *text);
void reply_key_number(struct reply_text *into, const char *key, uint64_t value);
void reply_bytes(struct reply_text *into, const void *bytes, size_t size);

#endif
