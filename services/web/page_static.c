/* /static/FILE and /favicon.ico: the same for everybody, kept by browsers. */
#include "services/web/assets.h"
#include "services/web/page.h"

static void send_asset(struct visit *visit, const struct asset *asset)
{
    const char *etag = arena_print(visit->arena, "\"%s\"", asset->hash);
    bool versioned = slice_equal(form_get(&visit->query, "v"), slice_text(asset->hash));
    page_headers(visit->http);
    http_set(visit->http, "ETag", etag);
    http_set(visit->http, "Cache-Control", versioned ? "public, max-age=31536000, immutable" : "public, max-age=300");
    if (slice_is(http_header(visit->http, "If-None-Match"), etag))
        http_reply(visit->http, 304, asset->type, slice_text(NULL));
    else
        http_reply(visit->http, 200, asset->type, asset->body);
}

void page_static(struct visit *visit)
{
    const struct asset *asset = assets_find(visit->params[0]);
    if (asset != NULL)
        send_asset(visit, asset);
    else
        page_error(visit, 404, "There is no such file.", NULL);
}

void page_favicon(struct visit *visit)
{
    static const char *const names[] = {"favicon.ico", "favicon.svg", "icon.svg", "logo.svg"};
    const struct asset *asset = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && asset == NULL; i++)
        asset = assets_find(slice_text(names[i]));
    if (asset != NULL)
        send_asset(visit, asset);
    else
        page_error(visit, 404, "There is no icon.", NULL);
}
