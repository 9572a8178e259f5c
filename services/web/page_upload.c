/* /upload/PLUGIN: the form, and what becomes of it. A form that is refused comes back with everything that was typed,
 * and with the torrent, which is kept as a draft meanwhile. Tools send the same form with an API token and get JSON. */
#include "services/web/draft.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/plugins.h"
#include "services/web/upload_form.h"
#include "services/web/upload_image.h"
#include "services/web/web.h"

#include "services/common/encode.h"
#include "services/common/log.h"

#include <openssl/sha.h>

#define KEY_SIZE 16
#define ADD_MS 8000

struct upload {
    const char *plugin;
    uint64_t group;   /* to add below; 0: none */
    uint64_t edition; /* of that group, to add below; 0: the form names it */
    uint64_t request; /* that it fills; 0: none */
    const struct answer *group_answer, *request_answer;
    char key[2 * KEY_SIZE + 1]; /* of the form */
    struct draft draft;         /* kept from the attempt before; id 0: none */
    struct slice file, file_name;
    struct upload_image image;
    bool image_lost;
    uint64_t torrent;        /* once it is added, */
    const char *href, *told; /* and what is said then; */
    const char *missed;      /* instead, when something beside it went wrong */
    bool refused;
    struct fault why;
};

/* ---- the form ---- */

static const msgpack_object *group_of(const struct upload *upload)
{
    const struct catalog_entity_get_reply *reply = upload->group_answer != NULL ? upload->group_answer->reply : NULL;
    return reply != NULL ? look_map(reply->page.object, "group") : NULL;
}

/* The group may be unknown while the catalog is away: a form that comes back still names it. */
static void write_group(struct visit *visit, const struct upload *upload, const msgpack_object *group)
{
    tree_open_map(visit->out, "group");
    tree_count(visit->out, "entity", upload->group);
    tree_text(visit->out, "title", group != NULL ? look_text(group, "title") : slice_text("what is there already"));
    tree_text(visit->out, "href", look_text(group, "href"));
    tree_close(visit->out);
}

/* What there is room for in the group, before anything is sent. */
static void write_slots(struct visit *visit, const msgpack_object *group)
{
    const msgpack_object *slots = look_array(group, "slots");
    tree_flag(visit->out, "has_slots", look_size(slots) > 0);
    if (look_size(slots) > 0)
        tree_object(visit->out, "slots", slots);
}

/* The editions that the group has, to choose one of in place of naming it. The level that is then named by nobody. */
static struct slice write_places(struct visit *visit, const msgpack_object *plugin, const msgpack_object *group)
{
    const struct upload *upload = visit->page;
    const msgpack_object *places = look_array(group, "places"), *levels = look_array(plugin, "levels"), *level = NULL;
    for (size_t i = 0; i < look_size(levels); i++)
        if (slice_is(look_text(look_at(levels, i), "kind"), "edition"))
            level = look_at(levels, i);
    bool unknown = group == NULL && upload->edition != 0, shown = level != NULL && (unknown || look_size(places) > 0);
    tree_flag(visit->out, "has_places", shown);
    if (!shown)
        return (struct slice){0};
    tree_text(visit->out, "place", look_text(level, "title"));
    tree_open_array(visit->out, "places");
    for (size_t i = 0; i < look_size(places); i++) {
        uint64_t entity = look_count(look_at(places, i), "entity");
        tree_open_map(visit->out, NULL);
        tree_count(visit->out, "value", entity);
        tree_text(visit->out, "title", look_text(look_at(places, i), "title"));
        tree_flag(visit->out, "selected", entity == upload->edition);
        tree_close(visit->out);
    }
    if (unknown) {
        tree_open_map(visit->out, NULL);
        tree_count(visit->out, "value", upload->edition);
        tree_string(visit->out, "title", "The one that was chosen");
        tree_flag(visit->out, "selected", true);
        tree_close(visit->out);
    }
    tree_close(visit->out);
    return look_text(level, "name");
}

static void write_draft(struct visit *visit, const char *key, const struct draft *draft)
{
    tree_open_map(visit->out, key);
    tree_count(visit->out, "id", draft->id);
    tree_text(visit->out, "name", draft->name);
    tree_size(visit->out, "size", draft->content.size);
    tree_close(visit->out);
}

static void write_plugin(struct visit *visit, const msgpack_object *plugin)
{
    tree_open_map(visit->out, "plugin");
    tree_text(visit->out, "name", look_text(plugin, "name"));
    tree_text(visit->out, "title", look_text(plugin, "title"));
    tree_text(visit->out, "accounting", look_text(plugin, "accounting"));
    tree_flag(visit->out, "untouched", look_flag(plugin, "untouched"));
    tree_close(visit->out);
}

static bool is_of_file(const struct fault *why)
{
    return strcmp(why->field, "torrent") == 0;
}

/* What is wrong stands beside its input where that is shown, else above the form. */
static void write_error(struct visit *visit, const struct upload *upload, bool marked)
{
    const struct fault *why = &upload->why;
    const char *text = why->text[0] != '\0' ? why->text : status_text(why->status);
    bool of_file = is_of_file(why), of_image = strcmp(why->field, "image") == 0;
    tree_string(visit->out, "error", marked || of_file || of_image ? "Correct what is marked." : text);
    if (of_file || of_image)
        tree_string(visit->out, of_file ? "error_file" : "error_image", text);
    if (why->status == STATUS_conflict)
        page_write_there(visit, 0, text);
}

static const msgpack_object *request_of(const struct upload *upload)
{
    const struct catalog_request_get_reply *reply =
        upload->request_answer != NULL ? upload->request_answer->reply : NULL;
    return reply != NULL ? reply->request.object : NULL;
}

/* The form begins with what is asked for. */
static struct form form_asked(struct visit *visit)
{
    const msgpack_object *request = request_of(visit->page);
    const msgpack_object *fields = request != NULL ? look_map(request, "fields") : NULL;
    struct form first = visit->query;
    if (fields != NULL)
        upload_form_add(fields, visit->arena, &first);
    return first;
}

static void write_request(struct visit *visit, const struct upload *upload)
{
    const msgpack_object *request = request_of(upload);
    tree_open_map(visit->out, "request");
    tree_count(visit->out, "id", upload->request);
    tree_text(visit->out, "title", request != NULL ? look_text(request, "title") : slice_text("a request"));
    tree_close(visit->out);
}

static void show_form(struct visit *visit)
{
    struct upload *upload = visit->page;
    struct form first;
    const msgpack_object *plugin = plugins_find(slice_text(upload->plugin)), *group = group_of(upload);
    if (plugin == NULL) {
        page_error(visit, 503, "Uploads cannot be taken for the moment: try again in a minute.", "catalog");
        return;
    }
    if (upload->group != 0 && group == NULL && !upload->refused) {
        page_fail(visit, &upload->group_answer->why, "catalog");
        return;
    }
    bool typed = slice_is(http_method(visit->http), "POST");
    page_begin(visit, arena_print(visit->arena, "Upload to %.*s", SLICE_ARGS(look_text(plugin, "title"))), "upload");
    write_plugin(visit, plugin);
    tree_string(visit->out, "announce", visit_announce(visit));
    tree_string(visit->out, "key", upload->key);
    tree_count(visit->out, "file_max", WEB_FILE_MAX);
    tree_print(visit->out, "file_max_text", "%d MiB", (int)(WEB_FILE_MAX >> 20));
    if (upload->group != 0)
        write_group(visit, upload, group);
    write_slots(visit, group);
    if (upload->request != 0)
        write_request(visit, upload);
    first = form_asked(visit);
    if (upload->group == 0)
        tree_text(visit->out, "pictured", upload_image_called(plugin));
    if (upload->draft.id != 0)
        write_draft(visit, "draft", &upload->draft);
    if (upload->image.kept.id != 0)
        write_draft(visit, "image_draft", &upload->image.kept);
    struct slice loose = upload->group != 0 ? write_places(visit, plugin, group) : (struct slice){0};
    bool marked =
        upload_form_write(visit->out, plugin, typed ? &visit->form : &first, upload->refused ? &upload->why : NULL,
                          upload->group != 0, loose, form_get(&visit->form, "more"));
    if (upload->refused)
        write_error(visit, upload, marked);
    page_end(visit, upload->refused ? status_http(upload->why.status) : 200, "upload", upload->plugin);
}

/* Shows the form, with the group that it adds to and the request that it fills, when there are such. */
static void ask_group(struct visit *visit)
{
    struct upload *upload = visit->page;
    struct gather *gather = gather_new(visit, show_form);
    if (upload->group != 0) {
        struct catalog_entity_get ask = {.entity = upload->group};
        upload->group_answer = gather_must(gather, &catalog_entity_get_message, &ask);
    }
    if (upload->request != 0) {
        struct catalog_request_get ask = {.request = upload->request};
        upload->request_answer = gather_may(gather, &catalog_request_get_message, &ask);
    }
    gather_go(gather);
}

static struct upload *upload_new(struct visit *visit)
{
    struct upload *upload = visit->page = arena_take(visit->arena, sizeof *upload);
    struct slice key = form_get(&visit->form, "key");
    char bytes[KEY_SIZE];
    upload->plugin = visit->params[0].at;
    if (!hex_read(key, bytes, sizeof bytes))
        random_bytes(bytes, sizeof bytes);
    hex_write(slice_of(bytes, sizeof bytes), upload->key);
    if (plugins_list() == NULL) {
        page_error(visit, 503, "Uploads cannot be taken for the moment: try again in a minute.", "catalog");
        return NULL;
    }
    if (plugins_find(visit->params[0]) == NULL) {
        page_error(visit, 404, "There is no page at that address.", NULL);
        return NULL;
    }
    return upload;
}

void page_upload(struct visit *visit)
{
    struct upload *upload = upload_new(visit);
    if (upload == NULL)
        return;
    upload->group = form_id(&visit->query, "group");
    upload->edition = form_id(&visit->query, "edition");
    upload->request = form_id(&visit->query, "request");
    ask_group(visit);
}

/* ---- a form that comes back ---- */

static void on_kept(void *arg, uint64_t id)
{
    struct visit *visit = arg;
    struct upload *upload = visit->page;
    if (id != 0)
        upload->draft = (struct draft){id, upload->file_name, upload->file};
    upload_image_keep(visit, &upload->image, ask_group);
}

/* Keeps the files, unless one it is kept already or is itself what is wrong, and shows the form again. */
static void show_again(struct visit *visit)
{
    struct upload *upload = visit->page;
    if (upload->refused && upload->why.status != STATUS_unavailable && is_of_file(&upload->why)) {
        upload->draft.id = 0;
        upload->file.size = 0;
    }
    if (visit->by_token)
        page_fail(visit, &upload->why, "catalog");
    else if (upload->draft.id == 0 && upload->file.size > 0)
        draft_keep(visit->me.id, upload->file_name, upload->file, on_kept, visit);
    else
        upload_image_keep(visit, &upload->image, ask_group);
}

static void refuse(struct visit *visit, enum status status, const char *field, const char *text)
{
    struct upload *upload = visit->page;
    upload->refused = true;
    fault_set(&upload->why, status, field, "%s", text);
    show_again(visit);
}

/* ---- adding ---- */

static void write_tool(struct visit *visit, const struct catalog_torrent_add_reply *added)
{
    char hash[41];
    struct tree_writer *out = visit->out = tree_new();
    hex_write(added->info_hash, hash);
    tree_count(out, "torrent", added->torrent);
    tree_string(out, "info_hash", hash);
    tree_count(out, "entity", added->entity);
    tree_text(out, "title", added->title);
    tree_print(out, "href", "%s%.*s", web.url, SLICE_ARGS(added->href));
    tree_print(out, "download", "%s/torrent/%llu.torrent", web.url, (unsigned long long)added->torrent);
    tree_flag(out, "rehashed", added->rehashed);
    tree_flag(out, "joined", added->joined);
    if (added->warning.size > 0)
        tree_text(out, "warning", added->warning);
}

static const char *what_now(const struct catalog_torrent_add_reply *added)
{
    if (added->rehashed)
        return "Added. Your file was not private, so its info-hash has changed: download the torrent from this page "
               "and "
               "seed with that one.";
    if (added->warning.size > 0)
        return "Added, but read the warning on it.";
    return "Added. Seed it with the torrent from this page, or with your own announce URL.";
}

static const char *wrong(const struct fault *why)
{
    return why->text[0] != '\0' ? why->text : status_text(why->status);
}

/* The torrent is there, whatever became of its image and of the request. */
static void show_added(struct visit *visit)
{
    const struct upload *upload = visit->page;
    if (visit->by_token)
        page_json(visit, 201);
    else if (upload->missed != NULL)
        page_redirect(visit, upload->href, FLASH_bad, upload->missed);
    else
        page_redirect(visit, upload->href, FLASH_good, upload->told);
}

/* Who asked for it, or somebody else, may have been quicker. */
static void on_filled(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    struct upload *upload = visit->page;
    (void)reply;
    (void)body;
    if (why != NULL && visit->by_token)
        tree_string(visit->out, "request_error", wrong(why));
    if (why != NULL)
        upload->missed = arena_print(visit->arena, "%s The request is not filled by it: %s",
                                     upload->missed != NULL ? upload->missed : "Added.", wrong(why));
    show_added(visit);
}

/* The key of what follows is made of the form's, so that a form sent twice fills once. */
static void fill_request(struct visit *visit)
{
    const struct upload *upload = visit->page;
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = ADD_MS};
    unsigned char key[SHA256_DIGEST_LENGTH];
    const char *text = arena_print(visit->arena, "fill %llu %s", (unsigned long long)upload->request, upload->key);
    SHA256((const unsigned char *)text, strlen(text), key);
    struct catalog_request_fill ask = {
        .key = slice_of((const char *)key, KEY_SIZE), .request = upload->request, .torrent = upload->torrent};
    bus_ask(service_bus(), NULL, &catalog_request_fill_message, &ask, &call, on_filled, visit);
}

static void on_pictured(struct visit *visit, const struct fault *why)
{
    struct upload *upload = visit->page;
    if (why != NULL && visit->by_token)
        tree_string(visit->out, "image_error", wrong(why));
    if (why != NULL)
        upload->missed = arena_print(visit->arena, "Added, without its image. %s", wrong(why));
    if (upload->request != 0)
        fill_request(visit);
    else
        show_added(visit);
}

static void on_added(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    struct upload *upload = visit->page;
    const struct catalog_torrent_add_reply *added = reply;
    (void)body;
    if (why != NULL) {
        upload->refused = true;
        upload->why = *why;
        if (strcmp(why->field, "metainfo") == 0) /* as the form calls it, which tools fill in too */
            snprintf(upload->why.field, sizeof upload->why.field, "torrent");
        if (why->status == STATUS_unavailable) /* the catalog, or what it asks */
            fault_set(&upload->why, STATUS_unavailable, NULL, "%s What you typed is kept: send the form again then.",
                      wrong(why));
        show_again(visit);
        return;
    }
    log_info("torrent added", "torrent=%llu member=%llu", (unsigned long long)added->torrent,
             (unsigned long long)visit->me.id);
    draft_forget(visit->me.id, upload->draft.id);
    upload->torrent = added->torrent;
    upload->href = arena_copy(visit->arena, added->href).at;
    upload->told = what_now(added);
    if (visit->by_token)
        write_tool(visit, added);
    upload_image_add(visit, &upload->image, added->entity, upload->key, on_pictured);
}

/* One form sent twice adds once: its key, its member and its file make the key of the request. Another file is another
 * request. */
static void make_key(const struct visit *visit, const struct upload *upload, unsigned char into[SHA256_DIGEST_LENGTH])
{
    unsigned char file[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)upload->file.at, upload->file.size, file);
    const char *text =
        arena_print(visit->arena, "%s %llu %s ", upload->key, (unsigned long long)visit->me.id, upload->plugin);
    size_t size = strlen(text);
    char *whole = arena_take(visit->arena, size + sizeof file);
    memcpy(whole, text, size);
    memcpy(whole + size, file, sizeof file);
    SHA256((const unsigned char *)whole, size + sizeof file, into);
}

static void add(struct visit *visit)
{
    struct upload *upload = visit->page;
    const msgpack_object *plugin = plugins_find(slice_text(upload->plugin));
    unsigned char key[SHA256_DIGEST_LENGTH];
    if (plugin == NULL) {
        refuse(visit, STATUS_unavailable, NULL, "Uploads cannot be taken for the moment: try again in a minute.");
        return;
    }
    struct tree_writer *fields = tree_new();
    upload_form_read(fields, plugin, &visit->form);
    make_key(visit, upload, key);
    struct catalog_torrent_add ask = {
        .key = slice_of(key, KEY_SIZE),
        .plugin = slice_text(upload->plugin),
        .metainfo = upload->file,
        .fields = {.object = tree_finish(fields)},
        .parent = upload->edition != 0 ? upload->edition : upload->group,
        .guess = visit->by_token && form_has(&visit->form, "guess"),
        .member = slice_text(visit->me.name),
    };
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = ADD_MS};
    bus_ask(service_bus(), NULL, &catalog_torrent_add_message, &ask, &call, on_added, visit);
    tree_destroy(&fields);
}

static void refuse_large(struct visit *visit, const char *input, const char *rather)
{
    refuse(visit, STATUS_too_large, input,
           arena_print(visit->arena, "That file is larger than %d MiB, the most this site takes: %s.",
                       (int)(WEB_FILE_MAX >> 20), rather));
}

static void go_on(struct visit *visit)
{
    const struct upload *upload = visit->page;
    if (slice_is(visit->files.too_large, "torrent"))
        refuse_large(visit, "torrent", "make one with larger pieces");
    else if (visit->files.too_large.size > 0)
        refuse_large(visit, "image", "send a smaller image");
    else if (upload->image_lost)
        refuse(visit, STATUS_invalid, "image", "The image you sent before is no longer kept: choose it again.");
    else if (form_has(&visit->form, "more"))
        show_again(visit);
    else if (upload->file.size == 0)
        refuse(visit, STATUS_invalid, "torrent", "Choose the .torrent file.");
    else
        add(visit);
}

static void on_draft(void *arg, const struct draft *draft, const struct fault *why)
{
    struct visit *visit = arg;
    struct upload *upload = visit->page;
    if (draft == NULL) {
        refuse(visit, why != NULL ? why->status : STATUS_invalid, "torrent",
               why != NULL ? "The torrent you sent before cannot be read for the moment: try again in a minute."
                           : "The torrent you sent before is no longer kept: choose the file again.");
        return;
    }
    upload->draft =
        (struct draft){draft->id, arena_copy(visit->arena, draft->name), arena_copy(visit->arena, draft->content)};
    upload->file = upload->draft.content;
    upload->file_name = upload->draft.name;
    go_on(visit);
}

static void on_image(struct visit *visit, bool lost)
{
    struct upload *upload = visit->page;
    const struct multipart_file *file = multipart_file(&visit->files, "torrent");
    uint64_t draft = form_id(&visit->form, "draft");
    upload->image_lost = lost;
    if (file != NULL) {
        upload->file = file->body;
        upload->file_name = file->name;
    }
    if (file == NULL && draft != 0 && !slice_is(visit->files.too_large, "torrent"))
        draft_look(visit->me.id, draft, on_draft, visit);
    else
        go_on(visit);
}

void page_upload_post(struct visit *visit)
{
    struct upload *upload = upload_new(visit);
    if (upload == NULL)
        return;
    upload->group = form_id(&visit->form, "group");
    upload->edition = form_id(&visit->form, "edition");
    upload->request = form_id(&visit->form, "request");
    upload_image_read(visit, &upload->image, on_image);
}
