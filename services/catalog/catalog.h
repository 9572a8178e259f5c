/* What the parts of this daemon share: its settings and its handles. */
#ifndef DJEMBE_CATALOG_CATALOG_H
#define DJEMBE_CATALOG_CATALOG_H

#include "services/catalog/metainfo.h"
#include "services/common/feed.h"
#include "services/common/kept.h"
#include "services/common/service.h"

struct catalog {
    struct metainfo_limits limits;
    struct feed *feed; /* catalog.torrents */
    struct kept *kept;
    uint64_t added, refused, deleted; /* uploads and torrents since the start, for /metrics */
    uint64_t images, image_crashes;
};

extern struct catalog catalog;

/* Takes the settings over, once they are read. */
void catalog_settle(void);

#endif
