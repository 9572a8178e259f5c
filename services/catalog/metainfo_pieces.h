/* The hashes of a torrent's pieces, looked at as a whole. Pure. */
#ifndef DJEMBE_CATALOG_METAINFO_PIECES_H
#define DJEMBE_CATALOG_METAINFO_PIECES_H

#include "services/catalog/metainfo.h"

/* Is any piece there twice, by v1's hashes or by v2's? Encrypted or compressed data never repeats; filling does. */
bool pieces_repeat(const struct metainfo *metainfo, struct arena *arena);

/* How a stored .torrent is cut into pieces, and where the v1 hashes lie, 20 bytes each. */
struct pieces_place {
    uint64_t at, count;    /* the first byte; 0: it is of v2 alone */
    uint64_t piece_length; /* bytes of each piece but the last, of v2 but each file's last */
    uint64_t length;       /* from the first piece to the last one's end, padding included (BEP 47) */
};
/* One piece of a torrent of v2 alone, where each file begins a piece. */
struct piece_v2 {
    struct slice root; /* 32 bytes; empty: there is no such piece */
    uint64_t size;     /* bytes of it */
    uint64_t leaves;   /* of the tree below the root (merkle.h) */
};
/* `piece` is looked for when it is of v2 alone. False: it is no .torrent. */
bool pieces_find(struct slice stored, int64_t piece, struct arena *arena, struct pieces_place *into,
                 struct piece_v2 *found);

#endif
