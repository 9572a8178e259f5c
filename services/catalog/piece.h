/* catalog.torrent.piece: one piece's hash, without moving the whole .torrent about. */
#ifndef DJEMBE_CATALOG_PIECE_H
#define DJEMBE_CATALOG_PIECE_H

#include "services/common/db.h"

void piece_start(void);

extern const struct statement *const piece_statements[];
extern const size_t piece_statements_count;

#endif
