/* The piece layers of a v2 torrent (BEP 52): the hashes that its files' merkle roots were made of. */
#ifndef DJEMBE_CATALOG_METAINFO_LAYERS_H
#define DJEMBE_CATALOG_METAINFO_LAYERS_H

#include "services/catalog/metainfo_files.h"

/* Is there a layer for every file larger than a piece, and no other, and does each give its file's root? */
bool layers_check(const struct bencode *layers, const struct content *content, uint64_t piece_length,
                  struct fault *why);

#endif
