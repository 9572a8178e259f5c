/* /torrent/ID.torrent: a torrent with the member's own announce URL in it. For a signed-in member, or a tool with a
 * token. */
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

static void on_torrent(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    (void)body;
    if (why != NULL)
        page_fail(visit, why, "catalog");
    else
        send_torrent(visit, reply);
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
