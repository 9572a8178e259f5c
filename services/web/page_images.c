/* /image/…: an image's bytes, and how images come to the page of a group or a person, into order, and off it again. A
 * form that is refused comes back by itself. Tools add one with an API token and get JSON. */
#include "services/web/gather.h"
#include "services/web/text_form.h"
#include "services/web/web.h"

#include "services/common/encode.h"

#define HASH_SIZE_OF 32
#define ADD_MS 30000 /* it is decoded meanwhile, perhaps after others */

/* ---- the bytes: kept by browsers, for what is at an address never changes; for members alone, so not by proxies ----
 */

static void send_image(struct visit *visit, unsigned status, struct slice jpeg)
{
    page_headers_under(visit->http, "default-src 'none'; style-src 'unsafe-inline'"); /* a browser lays it out so */
    http_set(visit->http, "ETag", visit->page);
    http_set(visit->http, "Cache-Control", "private, max-age=31536000, immutable");
    http_reply(visit->http, status, "image/jpeg", jpeg);
}

static void on_got(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct catalog_image_get_reply *image = reply;
    (void)body;
    if (why == NULL)
        send_image(visit, 200, image->data);
    else if (why->status == STATUS_invalid)
        page_error(visit, 404, "There is no page at that address.", NULL);
    else
        page_fail(visit, why, "catalog");
}

void page_image(struct visit *visit)
{
    char hash[HASH_SIZE_OF];
    struct bus_call call = {.actor = visit->me.id};
    struct slice size = visit->params[0];
    if (!hex_read(visit->params[1], hash, sizeof hash) || size.size == 0 || size.size > 8) {
        page_error(visit, 404, "There is no page at that address.", NULL);
        return;
    }
    char *etag = visit->page = arena_take(visit->arena, 2 * sizeof hash + size.size + 4);
    snprintf(etag, 2 * sizeof hash + size.size + 4, "\"%.*s-%.*s\"", SLICE_ARGS(visit->params[1]), SLICE_ARGS(size));
    if (slice_is(http_header(visit->http, "If-None-Match"), etag)) {
        send_image(visit, 304, slice_text(NULL));
        return;
    }
    struct catalog_image_get ask = {.hash = slice_of(hash, sizeof hash), .size = size};
    bus_ask(service_bus(), NULL, &catalog_image_get_message, &ask, &call, on_got, visit);
}

/* ---- what the rest has in common ---- */

struct imaging {
    uint64_t entity, image;      /* one of them: whose a new one is, or which one */
    const struct answer *answer; /* catalog.talk.get, or catalog.image.find */
    struct fault why;            /* of the attempt before */
};

static struct imaging *imaging_new(struct visit *visit, bool is_new)
{
    struct imaging *imaging = visit->page = arena_take(visit->arena, sizeof *imaging);
    uint64_t id = id_read(visit->params[0]);
    *imaging = (struct imaging){.entity = is_new ? id : 0, .image = is_new ? 0 : id};
    if (id != 0)
        return imaging;
    page_error(visit, 404, "There is no page at that address.", NULL);
    return NULL;
}

static void imaging_ask(struct visit *visit, void (*done)(struct visit *visit))
{
    struct imaging *imaging = visit->page;
    struct catalog_talk_get talk = {.entity = imaging->entity};
    struct catalog_image_find image = {.image = imaging->image};
    struct gather *gather = gather_new(visit, done);
    imaging->answer = imaging->entity != 0 ? gather_must(gather, &catalog_talk_get_message, &talk)
                                           : gather_must(gather, &catalog_image_find_message, &image);
    gather_go(gather);
}

/* Back to the page, or with what was wrong to `again` (NULL: there is no such form). */
static void go_on(struct visit *visit, struct slice href, const struct fault *why, void (*again)(struct visit *visit))
{
    struct imaging *imaging = visit->page;
    if (why == NULL) {
        page_redirect(visit, arena_print(visit->arena, "%.*s#images", SLICE_ARGS(href)), FLASH_none, NULL);
    } else if (again != NULL && form_shows(why) && !visit->by_token) {
        imaging->why = *why;
        imaging_ask(visit, again);
    } else {
        page_fail(visit, why, "catalog");
    }
}

/* ---- adding ---- */

static void show_adding(struct visit *visit)
{
    const struct imaging *imaging = visit->page;
    const struct catalog_talk_get_reply *talk = imaging->answer->reply;
    if (talk == NULL) {
        page_fail(visit, &imaging->answer->why, "catalog");
        return;
    }
    if (talk->pictured.size == 0) {
        page_error(visit, 404, "There are no images of that.", NULL);
        return;
    }
    struct text_form form = {
        .title = arena_print(visit->arena, "Add a %.*s", SLICE_ARGS(talk->pictured)),
        .action = arena_print(visit->arena, "/image/on/%llu", (unsigned long long)imaging->entity),
        .of = talk->name,
        .of_href = talk->href,
        .field = "file",
        .label = arena_print(visit->arena, "%.*s", SLICE_ARGS(talk->pictured)),
        .help = arena_print(visit->arena, "JPEG, PNG, GIF or WebP, at most %d MiB.", (int)(WEB_FILE_MAX >> 20)),
        .button = "Add it",
        .file = true,
        .why = &imaging->why,
    };
    text_form_show(visit, &form);
}

static void on_added(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct catalog_image_add_reply *added = reply;
    char hash[2 * HASH_SIZE_OF + 1];
    (void)body;
    if (why != NULL || !visit->by_token) {
        go_on(visit, why == NULL ? added->href : slice_text(NULL), why, show_adding);
        return;
    }
    hex_write(added->hash, hash);
    visit->out = tree_new();
    tree_count(visit->out, "image", added->image);
    tree_print(visit->out, "href", "%s%.*s", web.url, SLICE_ARGS(added->href));
    tree_print(visit->out, "large", "%s/image/large/%s.jpg", web.url, hash);
    page_json(visit, 201);
}

void page_image_new(struct visit *visit)
{
    if (imaging_new(visit, true) != NULL)
        imaging_ask(visit, show_adding);
}

/* One form sent twice adds once; gone back to, with another file, it is another one. */
static void make_key(struct visit *visit, struct slice file, struct secret *into)
{
    struct secret form;
    visit_secret(visit, "image", &form);
    secret_derive(file, form.text, into);
}

void page_image_add_post(struct visit *visit)
{
    const struct multipart_file *file = multipart_file(&visit->files, "file");
    struct imaging *imaging = imaging_new(visit, true);
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = ADD_MS};
    struct fault why = {0};
    struct secret key;
    if (imaging == NULL)
        return;
    if (visit->files.too_large.size > 0)
        fault_set(&why, STATUS_too_large, "file", "This file is larger than %d MiB: send a smaller image.",
                  (int)(WEB_FILE_MAX >> 20));
    else if (file == NULL)
        fault_set(&why, STATUS_invalid, "file", "Choose the image.");
    if (why.status != STATUS_ok) {
        go_on(visit, slice_text(NULL), &why, show_adding);
        return;
    }
    make_key(visit, file->body, &key);
    struct catalog_image_add ask = {.key = slice_of(key.hash, 16), .entity = imaging->entity, .file = file->body};
    bus_ask(service_bus(), NULL, &catalog_image_add_message, &ask, &call, on_added, visit);
}

/* ---- order ---- */

static void on_first(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct catalog_image_first_reply *first = reply;
    (void)body;
    go_on(arg, why == NULL ? first->href : slice_text(NULL), why, NULL);
}

void page_image_first_post(struct visit *visit)
{
    const struct imaging *imaging = imaging_new(visit, false);
    struct bus_call call = {.actor = visit->me.id};
    if (imaging == NULL)
        return;
    struct catalog_image_first ask = {.image = imaging->image};
    bus_ask(service_bus(), NULL, &catalog_image_first_message, &ask, &call, on_first, visit);
}

/* ---- removing ---- */

static void show_removal(struct visit *visit)
{
    const struct imaging *imaging = visit->page;
    const struct catalog_image_find_reply *image = imaging->answer->reply;
    if (image == NULL) {
        page_fail(visit, &imaging->answer->why, "catalog");
        return;
    }
    struct removal removal = {
        .action = arena_print(visit->arena, "/image/%llu/remove", (unsigned long long)imaging->image),
        .about = "The image goes from this page. That it was removed, by whom and why stands in the log.",
        .what =
            slice_text(arena_print(visit->arena, "%.*s of %.*s", SLICE_ARGS(image->called), SLICE_ARGS(image->name))),
        .href = image->href,
        .why = &imaging->why,
    };
    removal_show(visit, &removal);
}

static void on_removed(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct catalog_image_remove_reply *removed = reply;
    (void)body;
    go_on(arg, why == NULL ? removed->href : slice_text(NULL), why, show_removal);
}

void page_image_remove(struct visit *visit)
{
    if (imaging_new(visit, false) != NULL)
        imaging_ask(visit, show_removal);
}

void page_image_remove_post(struct visit *visit)
{
    struct imaging *imaging = imaging_new(visit, false);
    struct bus_call call = {.actor = visit->me.id};
    if (imaging == NULL)
        return;
    struct catalog_image_remove ask = {
        .key = page_form_key(visit),
        .image = imaging->image,
        .reason = removal_reason(visit, &imaging->why),
        .staff = visit_is_staff(visit),
    };
    if (imaging->why.status == STATUS_ok)
        bus_ask(service_bus(), NULL, &catalog_image_remove_message, &ask, &call, on_removed, visit);
    else
        imaging_ask(visit, show_removal);
}
