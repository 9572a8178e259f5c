/* See fact.h. */
#include "services/catalog/fact.h"

#include <stdlib.h>

static const struct statement fact_add = {
    "fact_add",
    "SELECT catalog.feed_add('catalog.torrents', $1, $2)",
};

void fact_of_plugin(struct torrent_fact *fact, const struct plugin *plugin, const struct values *values, uint64_t group)
{
    struct slice redundancy = plugin_value(plugin, values, plugin->redundancy);
    fact->accounting = slice_text(plugin->accounting);
    if (plugin->redundancy == NULL)
        return;
    fact->backup = group;
    fact->redundancy = redundancy.size > 0 ? strtoull(redundancy.at, NULL, 10) : 0;
}

void fact_write(struct db_tx *tx, const struct torrent_fact *fact)
{
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    row_pack(&torrent_fact_row, fact, &packer);
    struct db_args *args = db_int(db_args(), (int64_t)fact->torrent);
    db_tx_ask(tx, &fact_add, db_bytes(args, slice_of(packed.data, packed.size)), NULL, NULL);
    msgpack_sbuffer_destroy(&packed);
}

const struct statement *const fact_statements[] = {&fact_add};
const size_t fact_statements_count = sizeof fact_statements / sizeof *fact_statements;
