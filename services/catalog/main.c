/* djembe-catalog: what exists? This file is its table of settings, statements and start. */
#include "services/catalog/add.h"
#include "services/catalog/adding.h"
#include "services/catalog/adding_own.h"
#include "services/catalog/alike.h"
#include "services/catalog/bookmarks.h"
#include "services/catalog/browse.h"
#include "services/catalog/catalog.h"
#include "services/catalog/change.h"
#include "services/catalog/collages.h"
#include "services/catalog/comments.h"
#include "services/catalog/delete.h"
#include "services/catalog/edit.h"
#include "services/catalog/edit_read.h"
#include "services/catalog/entity.h"
#include "services/catalog/expected.h"
#include "services/catalog/fact.h"
#include "services/catalog/find.h"
#include "services/catalog/history.h"
#include "services/catalog/image_child.h"
#include "services/catalog/images.h"
#include "services/catalog/import/import.h"
#include "services/catalog/listing.h"
#include "services/catalog/merge.h"
#include "services/catalog/move.h"
#include "services/catalog/news.h"
#include "services/catalog/people.h"
#include "services/catalog/piece.h"
#include "services/catalog/plugin.h"
#include "services/catalog/reports.h"
#include "services/catalog/requests.h"
#include "services/catalog/retire.h"
#include "services/catalog/same.h"
#include "services/catalog/searches.h"
#include "services/catalog/shelf.h"
#include "services/catalog/subscriptions.h"
#include "services/catalog/suggest.h"
#include "services/catalog/tags.h"
#include "services/catalog/talk.h"
#include "services/catalog/tallies.h"
#include "services/catalog/torrent.h"
#include "services/catalog/unmerge.h"
#include "services/catalog/welcome.h"
#include "services/catalog/written.h"

#include "services/common/notices.h"

#include <assert.h>
#include <malloc.h>

struct catalog catalog;

extern const struct embedded catalog_migrations[];
extern const size_t catalog_migrations_count;

static int64_t torrent_bytes, torrent_files, torrent_content;

/* clang-format off */
static const struct option options[] = {
    {.name = "DJEMBE_TORRENT_BYTES", .kind = OPTION_bytes, .into = &torrent_bytes, .standard = "10M", .low = 1024,
     .high = 10485760, .help = "The largest .torrent file that is accepted."},
    {.name = "DJEMBE_TORRENT_FILES", .kind = OPTION_number, .into = &torrent_files, .standard = "100000", .low = 1,
     .high = 1000000, .help = "How many files a torrent may have."},
    {.name = "DJEMBE_TORRENT_CONTENT", .kind = OPTION_bytes, .into = &torrent_content, .standard = "10240G",
     .low = 1048576, .high = 1LL << 60, .help = "How much content a torrent may have."},
    {.name = NULL},
};
/* clang-format on */

void catalog_settle(void)
{
    catalog.limits = (struct metainfo_limits){
        .bytes = (size_t)torrent_bytes,
        .files = (size_t)torrent_files,
        .size = (uint64_t)torrent_content,
    };
}

static bool start(struct fault *why)
{
    for (size_t i = 0; i < plugins_count; i++)
        if (!plugin_check(plugins[i], why))
            return false;
    catalog_settle();
    catalog.kept = kept_new(service_db(), "catalog");
    catalog.feed = feed_new(service_bus(), service_db(), "catalog.torrents", "catalog");
    notices_start(service_bus(), service_db(), "catalog");
    change_start();
    add_start();
    bookmarks_start();
    browse_start();
    collages_start();
    comments_start();
    suggest_start();
    delete_start();
    edit_start();
    history_start();
    images_start();
    entity_start();
    merge_start();
    unmerge_start();
    move_start();
    people_start();
    reports_start();
    requests_start();
    same_start();
    searches_start();
    subscriptions_start();
    tags_start();
    talk_start();
    torrent_start();
    piece_start();
    return true;
}

static void database_ready(void)
{
    listing_start();
    news_start();
    retire_start();
    tallies_start();
    written_start();
    alike_start();
    expected_start();
}

static void stop(void)
{
    listing_stop();
    news_stop();
    retire_stop();
    tallies_stop();
    written_stop();
    alike_stop();
}

/* All statements of the parts in one table, so that --check prepares them too. */
static const struct statement *statements[256];
static size_t statements_count;

static void statements_add(const struct statement *const *from, size_t count)
{
    assert(statements_count + count <= sizeof statements / sizeof *statements);
    for (size_t i = 0; i < count; i++)
        statements[statements_count++] = from[i];
}

static void statements_gather(void)
{
    statements_add(shelf_statements, shelf_statements_count);
    statements_add(adding_statements, adding_statements_count);
    statements_add(adding_own_statements, adding_own_statements_count);
    statements_add(add_statements, add_statements_count);
    statements_add(change_statements, change_statements_count);
    statements_add(collages_statements, collages_statements_count);
    statements_add(collages_read_statements, collages_read_statements_count);
    statements_add(comments_statements, comments_statements_count);
    statements_add(delete_statements, delete_statements_count);
    statements_add(edit_statements, edit_statements_count);
    statements_add(edit_read_statements, edit_read_statements_count);
    statements_add(history_statements, history_statements_count);
    statements_add(merge_statements, merge_statements_count);
    statements_add(unmerge_statements, unmerge_statements_count);
    statements_add(move_statements, move_statements_count);
    statements_add(people_statements, people_statements_count);
    statements_add(images_statements, images_statements_count);
    statements_add(reports_statements, reports_statements_count);
    statements_add(requests_statements, requests_statements_count);
    statements_add(requests_read_statements, requests_read_statements_count);
    statements_add(news_statements, news_statements_count);
    statements_add(same_statements, same_statements_count);
    statements_add(searches_statements, searches_statements_count);
    statements_add(subscriptions_statements, subscriptions_statements_count);
    statements_add(tags_statements, tags_statements_count);
    statements_add(talk_statements, talk_statements_count);
    statements_add(tallies_statements, tallies_statements_count);
    statements_add(fact_statements, fact_statements_count);
    statements_add(bookmarks_statements, bookmarks_statements_count);
    statements_add(browse_statements, browse_statements_count);
    statements_add(find_own_statements, find_own_statements_count);
    statements_add(expected_statements, expected_statements_count);
    statements_add(suggest_statements, suggest_statements_count);
    statements_add(listing_statements, listing_statements_count);
    statements_add(entity_statements, entity_statements_count);
    statements_add(alike_statements, alike_statements_count);
    statements_add(welcome_statements, welcome_statements_count);
    statements_add(written_statements, written_statements_count);
    statements_add(torrent_statements, torrent_statements_count);
    statements_add(piece_statements, piece_statements_count);
    statements_add(retire_statements, retire_statements_count);
    statements_add(import_statements, import_statements_count);
    statements_add(import_albums_statements, import_albums_statements_count);
}

static void metrics(struct buffer *into)
{
    metric_counter(into, "catalog_torrents_added_total", NULL, catalog.added, "Torrents added since the start.");
    metric_counter(into, "catalog_uploads_refused_total", NULL, catalog.refused, "Uploads refused since the start.");
    metric_counter(into, "catalog_torrents_deleted_total", NULL, catalog.deleted, "Torrents deleted since the start.");
    metric_counter(into, "catalog_images_added_total", NULL, catalog.images, "Images added since the start.");
    metric_counter(into, "catalog_image_crashes_total", NULL, catalog.image_crashes,
                   "Processes that failed at an image since the start.");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], IMAGE_CHILD_FLAG) == 0)
        return image_child();
    /* What a reply took is kept for the next one, not given back page by page. */
    mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 32 * 1024 * 1024);
    statements_gather();
    const struct service service = {
        .name = "catalog",
        .bus_port = 5551,
        .admin_port = 9103,
        .connections = "4", /* an upload, what is told of the last one, and searches beside them */
        .options = options,
        .migrations = catalog_migrations,
        .migrations_count = catalog_migrations_count,
        .statements = statements,
        .statements_count = statements_count,
        .start = start,
        .database_ready = database_ready,
        .stop = stop,
        .metrics = metrics,
    };
    if (argc > 1 && strcmp(argv[1], "import") == 0)
        return import_main(argc - 1, argv + 1, &service);
    return service_main(argc, argv, &service);
}
