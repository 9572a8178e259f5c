#include "services/ratio/rows.h"

void listing_begin(struct listing *listing, size_t count)
{
    msgpack_sbuffer_init(&listing->buffer);
    msgpack_packer_init(&listing->packer, &listing->buffer, msgpack_sbuffer_write);
    msgpack_pack_array(&listing->packer, count);
}

void listing_end(struct listing *listing)
{
    msgpack_sbuffer_destroy(&listing->buffer);
}

void rows_reply(struct bus_request *request, const struct db_rows *rows,
                void (*pack)(const struct db_rows *rows, size_t i, msgpack_packer *packer), struct tree *into,
                const void *reply)
{
    struct listing listing;
    listing_begin(&listing, db_count(rows));
    for (size_t i = 0; i < db_count(rows); i++)
        pack(rows, i, &listing.packer);
    *into = listing_rows(&listing);
    bus_reply(request, reply);
    listing_end(&listing);
}
