/* What torrents are called, for pages that list what ratio tells of them. */
#ifndef DJEMBE_WEB_NAMES_H
#define DJEMBE_WEB_NAMES_H

#include "services/web/gather.h"

/* Asks the catalog; ids may repeat. */
const struct answer *names_ask(struct gather *gather, struct visit *visit, const uint64_t *torrents, size_t count);

/* Tells that it did not answer, if so: "What `what` are called …". */
void names_missing(struct visit *visit, const struct answer *names, const char *what);

/* Writes `title` and `href` (nil when it has no page) into the open map. */
void names_write(struct tree_writer *out, const struct answer *names, uint64_t torrent);

#endif
