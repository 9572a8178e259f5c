/* Sessions whose clients announced here lately, for other trackers: each is told once, and what was told stays for a
 * while, for whoever comes then. So many at most; then the oldest go, and their next announces tell of them. Pure. */
#ifndef DJEMBE_TRACKER_NEWS_H
#define DJEMBE_TRACKER_NEWS_H

#include "services/tracker/ring.h"

#include <stdint.h>

#define NEWS_MAX 65536 /* sessions */

struct news {
    struct ring sessions;
    size_t told;   /* of these, from the front */
    size_t old;    /* likewise: were here when news_age was called last */
    uint64_t lost; /* sessions that went untold */
};

void news_init(struct news *news);
void news_clear(struct news *news);

void news_add(struct news *news, uint32_t session);
/* Copies up to `most` that are not told yet, the oldest first, which are told by that; returns how many. */
size_t news_take(struct news *news, uint32_t *into, size_t most);
/* There is nobody to tell: all counts as told. */
void news_skip(struct news *news);
/* Somebody has come who has not been told. */
void news_again(struct news *news);
/* What was told and was here at the last call already goes. */
void news_age(struct news *news);

#endif
