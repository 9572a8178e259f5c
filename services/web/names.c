#include "services/web/names.h"

const struct answer *names_ask(struct gather *gather, struct visit *visit, const uint64_t *torrents, size_t count)
{
    struct catalog_torrent_names ask = {.torrents = ask_ids(visit, torrents, count)};
    return gather_may(gather, &catalog_torrent_names_message, &ask);
}

void names_missing(struct visit *visit, const struct answer *names, const char *what)
{
    if (names->reply == NULL)
        visit_missing(visit, "catalog",
                      arena_print(visit->arena, "What %s are called cannot be told for the moment.", what));
}

void names_write(struct tree_writer *out, const struct answer *names, uint64_t torrent)
{
    const struct catalog_torrent_names_reply *reply = names->reply;
    struct torrent_name name;
    for (size_t i = 0; reply != NULL && i < rows_count(reply->torrents); i++)
        if (row_read(&torrent_name_row, &name, rows_at(reply->torrents, i), NULL) && name.torrent == torrent) {
            tree_text(out, "title", name.title);
            tree_text(out, "href", name.href);
            return;
        }
    tree_print(out, "title", "Torrent %llu", (unsigned long long)torrent);
    tree_nil(out, "href");
}
