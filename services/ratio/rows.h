/* Replies that are rows of a table. */
#ifndef DJEMBE_RATIO_ROWS_H
#define DJEMBE_RATIO_ROWS_H

#include "services/common/bus.h"
#include "services/common/db.h"

/* Rows of a reply on their way. */
struct listing {
    msgpack_sbuffer buffer;
    msgpack_packer packer;
};
void listing_begin(struct listing *listing, size_t count);
void listing_end(struct listing *listing);
static inline struct tree listing_rows(const struct listing *listing)
{
    return (struct tree){.packed = slice_of(listing->buffer.data, listing->buffer.size)};
}

/* Packs every row with `pack` into `into`, which is a field of `reply`, and sends the reply. */
void rows_reply(struct bus_request *request, const struct db_rows *rows,
                void (*pack)(const struct db_rows *rows, size_t i, msgpack_packer *packer), struct tree *into,
                const void *reply);

#endif
