/* The hashes of a torrent's pieces, looked at as a whole. Pure. */
#ifndef DJEMBE_CATALOG_METAINFO_PIECES_H
#define DJEMBE_CATALOG_METAINFO_PIECES_H

#include "services/catalog/metainfo.h"

/* Is any piece there twice, by v1's hashes or by v2's? Encrypted or compressed data never repeats; filling does. */
bool pieces_repeat(const struct metainfo *metainfo, struct arena *arena);

/* Where the v1 hashes lie in a stored .torrent, 20 bytes each. */
struct pieces_place {
    uint64_t at, count;    /* the first byte; 0 of them: there are none */
    uint64_t piece_length; /* bytes of each piece but the last */
    uint64_t length;       /* of all files together, padding included (BEP 47) */
};
/* False: it is no .torrent. */
bool pieces_find(struct slice stored, struct pieces_place *into);

#endif
