/* /torrent/ID.torrent: a torrent with the member's own announce URL in it. For a signed-in member, or a tool with a
 * token. A Backup of another member's comes with a slot for it, or not at all: ratio gives the slot or says why not,
 * and the tracker knows by the time the client announces. */
#include "services/web/download.h"
#include "services/web/page.h"
#include "services/web/web.h"

#include "services/common/log.h"

static void send_torrent(struct visit *visit, const struct catalog_torrent_get_reply *torrent)
{
    struct buffer file = {NULL, 0, 0}, disposition = {NULL, 0, 0};
    if (!download_personal(torrent->metainfo, slice_text(visit_announce(visit)), &file)) {
        log_error("metainfo from the catalog is not a dictionary", "torrent=%llu",
                  (unsigned long long)torrent->torrent);
        page_error(visit, 500, status_text(STATUS_internal), NULL);
    } else {
        download_disposition(torrent->file_name, &disposition);
        buffer_add(&disposition, "", 1);
        page_headers(visit->http);
        http_set(visit->http, "Content-Disposition", disposition.at);
        http_set(visit->http, "Cache-Control", "private, no-store");
        http_reply(visit->http, 200, "application/x-bittorrent", buffer_slice(&file));
    }
    buffer_free(&file);
    buffer_free(&disposition);
}

static void on_slot(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct ratio_slot_ask_reply *slot = reply;
    (void)body;
    if (why != NULL && why->status == STATUS_not_found)
        page_error(visit, 503, "This version is not in the books of backups yet: try again in a minute.", "ratio");
    else if (why != NULL)
        page_fail(visit, why, "ratio");
    else if (slice_is(slot->verdict, "deny"))
        page_error(
            visit, 403,
            arena_print(visit->arena, "There is no slot for you on this version: %.*s.", SLICE_ARGS(slot->reason)),
            NULL);
    else
        send_torrent(visit, visit->page);
}

static void ask_slot(struct visit *visit, const struct catalog_torrent_get_reply *torrent)
{
    struct catalog_torrent_get_reply *kept = arena_take(visit->arena, sizeof *kept);
    *kept = *torrent;
    kept->metainfo = arena_copy(visit->arena, torrent->metainfo);
    kept->file_name = arena_copy(visit->arena, torrent->file_name);
    visit->page = kept;
    struct ratio_slot_ask ask = {.user = visit->me.id, .version = torrent->torrent};
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = 5000};
    bus_ask(service_bus(), NULL, &ratio_slot_ask_message, &ask, &call, on_slot, visit);
}

static void on_torrent(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct catalog_torrent_get_reply *torrent = reply;
    (void)body;
    if (why != NULL)
        page_fail(visit, why, "catalog");
    else if (slice_is(torrent->accounting, "redundancy") && torrent->owner != visit->me.id)
        ask_slot(visit, torrent);
    else
        send_torrent(visit, torrent);
}

/* /feed/KEY/ID.torrent: the same for who has a feed's address alone. */
void page_feed_torrent(struct visit *visit)
{
    visit->params[0] = visit->params[1];
    page_torrent(visit);
}

void page_torrent(struct visit *visit)
{
    struct catalog_torrent_get ask = {.torrent = id_read(visit->params[0])};
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = 5000};
    if (ask.torrent == 0)
        page_error(visit, 404, "There is no such torrent.", NULL);
    else
        bus_ask(service_bus(), NULL, &catalog_torrent_get_message, &ask, &call, on_torrent, visit);
}
