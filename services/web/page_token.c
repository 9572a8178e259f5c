/* POST /torrent/ID/token: uses one of the member's tokens on a torrent. */
#include "services/web/page.h"
#include "services/web/web.h"

/* The page that the form stood on, as the form says it: a path of ours, or the front page. */
static const char *way_back(struct visit *visit)
{
    struct slice back = form_get(&visit->form, "back");
    bool ours = back.size > 1 && back.size < 256 && back.at[0] == '/' && back.at[1] != '/';
    for (size_t i = 0; i < back.size && ours; i++)
        ours = (back.at[i] >= 'a' && back.at[i] <= 'z') || (back.at[i] >= '0' && back.at[i] <= '9') ||
               strchr("/_-#", back.at[i]) != NULL;
    return ours ? arena_copy(visit->arena, back).at : "/";
}

static void on_used(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct ratio_token_use_reply *used = reply;
    (void)body;
    if (why != NULL && (why->status == STATUS_unavailable || why->status == STATUS_internal)) {
        page_fail(visit, why, "ratio");
        return;
    }
    const char *text = why != NULL
                           ? why->text
                           : arena_print(visit->arena, "What you download of it now does not count. Tokens left: %llu.",
                                         (unsigned long long)used->tokens);
    page_redirect(visit, way_back(visit), why != NULL ? FLASH_bad : FLASH_good, text);
}

void page_token_post(struct visit *visit)
{
    struct bus_call call = {.actor = visit->me.id};
    struct ratio_token_use ask = {.user = visit->me.id, .torrent = id_read(visit->params[0])};
    if (ask.torrent == 0) {
        page_error(visit, 404, "There is no page at that address.", NULL);
        return;
    }
    ask.key = page_form_key(visit);
    bus_ask(service_bus(), NULL, &ratio_token_use_message, &ask, &call, on_used, visit);
}
