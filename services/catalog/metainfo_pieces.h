/* The hashes of a torrent's pieces, looked at as a whole. Pure. */
#ifndef DJEMBE_CATALOG_METAINFO_PIECES_H
#define DJEMBE_CATALOG_METAINFO_PIECES_H

#include "services/catalog/metainfo.h"

/* Is any piece there twice, by v1's hashes or by v2's? Encrypted or compressed data never repeats; filling does. */
bool pieces_repeat(const struct metainfo *metainfo, struct arena *arena);

#endif
