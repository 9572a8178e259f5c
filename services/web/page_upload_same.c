/* /upload/PLUGIN/same: what the form as it is now would meet, as JSON for the page's script and for tools, which send
 * it as they send the form itself. */
#include "services/web/page.h"
#include "services/web/plugins.h"
#include "services/web/upload_form.h"
#include "services/web/web.h"

static void on_same(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct catalog_torrent_same_reply *met = reply;
    (void)body;
    visit->by_token = true; /* whoever asks wants JSON, also of what is wrong */
    if (why != NULL) {
        page_fail(visit, why, "catalog");
        return;
    }
    visit->out = tree_new();
    tree_flag(visit->out, "same", met->same);
    if (met->told.size > 0) {
        tree_text(visit->out, "told", met->told);
        tree_text(visit->out, "name", met->name);
        tree_text(visit->out, "href", met->href);
        if (form_id(&visit->form, "group") == 0)
            tree_print(visit->out, "upload_href", "/upload/%.*s?group=%llu", SLICE_ARGS(visit->params[0]),
                       (unsigned long long)met->group);
    }
    page_json(visit, 200);
}

void page_upload_same_post(struct visit *visit)
{
    const msgpack_object *plugin = plugins_find(visit->params[0]);
    uint64_t edition = form_id(&visit->form, "edition");
    struct bus_call call = {.actor = visit->me.id};
    if (plugin == NULL) {
        page_error(visit, 404, "There is no page at that address.", NULL);
        return;
    }
    struct tree_writer *fields = tree_new();
    upload_form_read(fields, plugin, &visit->form);
    struct catalog_torrent_same ask = {
        .plugin = visit->params[0],
        .fields = {.object = tree_finish(fields)},
        .parent = edition != 0 ? edition : form_id(&visit->form, "group"),
    };
    bus_ask(service_bus(), NULL, &catalog_torrent_same_message, &ask, &call, on_same, visit);
    tree_destroy(&fields);
}
