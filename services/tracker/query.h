/* Walks a raw query string the way clients write it: fields are compared decoded, `+` stands for itself, stray `&` and
 * parameters without `=` do no harm, and a second `?` is read as `&`. Pure. */
#ifndef DJEMBE_TRACKER_QUERY_H
#define DJEMBE_TRACKER_QUERY_H

#include "proto/slice.h"

#define QUERY_MAX 5120 /* bytes; 64 info-hashes of a scrape, every byte escaped, are below 5000 */

/* Takes the next parameter off the front of *rest; false at the end. Name and value are still encoded. */
bool query_next(struct slice *rest, struct slice *name, struct slice *value);

/* Does this encoded name decode to `name`? */
bool query_is(struct slice encoded, const char *name);

/* Decodes a value that must come to exactly `size` bytes. */
bool query_bytes(struct slice encoded, void *into, size_t size);

/* A decimal number below 2^63, with `-` before it if negative. False for anything else, an empty value included. */
bool query_number(struct slice encoded, int64_t *into);

/* Cuts the target of a request line into path and query; the absolute form that proxies send is understood. */
void query_target(struct slice target, struct slice *path, struct slice *query);

/* What the path asks for: /PASSKEY/announce, with slashes doubled or spaces behind forgiven. */
enum query_path { PATH_other, PATH_announce, PATH_scrape };

/* `passkey` is empty when the path has none. */
enum query_path query_path(struct slice path, struct slice *passkey);

#endif
