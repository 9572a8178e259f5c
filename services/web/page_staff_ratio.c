/* /staff/ratio: what of traffic counts, as staff set it: factors of torrents, events, tokens. Everything is decided by
 * ratio; a refusal is shown as it says it. */
#include "services/web/factor_label.h"
#include "services/web/format.h"
#include "services/web/gather.h"
#include "services/web/names.h"
#include "services/web/page.h"
#include "services/web/web.h"

#define FACTORS_SHOWN 100
#define HOUR_MS INT64_C(3600000)

struct listed {
    const struct answer *factors, *names;
    const struct factor_row *rows;
    size_t count;
};

/* ---- showing ---- */

static void write_factor(struct visit *visit, const struct factor_row *row)
{
    const struct listed *listed = visit->page;
    struct tree_writer *out = visit->out;
    char label[FACTOR_LABEL_MAX];
    tree_open_map(out, NULL);
    tree_string(out, "label", factor_label(row->upload, row->download, label));
    tree_count(out, "upload", row->upload);
    tree_count(out, "download", row->download);
    tree_flag(out, "event", row->torrent == 0);
    if (row->torrent != 0)
        names_write(out, listed->names, row->torrent);
    else
        tree_text(out, "title", row->title);
    tree_flag(out, "begun", row->starts_at <= visit->now);
    tree_time(out, "starts_at", row->starts_at, visit->now);
    tree_flag(out, "ends", row->ends_at != 0);
    tree_time(out, "ends_at", row->ends_at, visit->now);
    tree_close(out);
}

static void show(struct visit *visit)
{
    const struct listed *listed = visit->page;
    names_missing(visit, listed->names, "the torrents");
    page_begin(visit, "Factors", "staff_ratio");
    tree_string(visit->out, "once", visit_once(visit));
    tree_flag(visit->out, "has_factors", listed->count > 0);
    tree_open_array(visit->out, "factors");
    for (size_t i = 0; i < listed->count; i++)
        write_factor(visit, &listed->rows[i]);
    tree_close(visit->out);
    page_end(visit, 200, "staff_ratio", NULL);
}

static void on_factors(struct visit *visit)
{
    struct listed *listed = visit->page;
    const struct ratio_factor_list_reply *reply = listed->factors->reply;
    if (reply == NULL) {
        page_fail(visit, &listed->factors->why, "ratio");
        return;
    }
    listed->rows = answer_rows(visit, reply->factors, &factor_row_row, &listed->count);
    struct gather *gather = gather_new(visit, show);
    listed->names = names_ask(gather, visit, IDS_OF(visit, listed->rows, listed->count, torrent), listed->count);
    gather_go(gather);
}

void page_staff_ratio(struct visit *visit)
{
    struct listed *listed = visit->page = arena_take(visit->arena, sizeof *listed);
    struct ratio_factor_list ask = {.limit = FACTORS_SHOWN};
    struct gather *gather = gather_new(visit, on_factors);
    listed->factors = gather_must(gather, &ratio_factor_list_message, &ask);
    gather_go(gather);
}

/* ---- setting ---- */

static void on_set(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    (void)reply;
    (void)body;
    if (why != NULL && (why->status == STATUS_unavailable || why->status == STATUS_internal))
        page_fail(visit, why, "ratio");
    else
        page_redirect(visit, "/staff/ratio", why != NULL ? FLASH_bad : FLASH_good,
                      why != NULL ? why->text : "Done: it holds from now on.");
}

static void set(struct visit *visit, const struct message *message, const void *ask)
{
    struct bus_call call = {.actor = visit->me.id};
    bus_ask(service_bus(), NULL, message, ask, &call, on_set, visit);
}

/* So many hours from now: hours are what a person plans in, and they need no time zone. At most ten years. */
static int64_t hours_of(struct visit *visit, const char *name)
{
    uint64_t hours = form_id(&visit->form, name);
    return (int64_t)(hours < 87600 ? hours : 87600) * HOUR_MS;
}

void page_factor_post(struct visit *visit)
{
    int64_t span = hours_of(visit, "hours");
    struct ratio_factor_set ask = {
        .key = page_form_key(visit),
        .torrent = form_number(&visit->form, "torrent"),
        .upload = form_number(&visit->form, "upload"),
        .download = form_number(&visit->form, "download"),
        .ends_at = span > 0 ? visit->now + span : 0,
    };
    set(visit, &ratio_factor_set_message, &ask);
}

void page_event_post(struct visit *visit)
{
    int64_t starts_at = visit->now + hours_of(visit, "in");
    struct ratio_event_set ask = {
        .key = page_form_key(visit),
        .title = form_trim(form_get(&visit->form, "title")),
        .upload = form_number(&visit->form, "upload"),
        .download = form_number(&visit->form, "download"),
        .starts_at = starts_at,
        .ends_at = starts_at + hours_of(visit, "hours"),
    };
    set(visit, &ratio_event_set_message, &ask);
}

static void on_found(void *arg, const struct member *member, struct slice password, const struct fault *why)
{
    struct visit *visit = arg;
    (void)password;
    if (why != NULL) {
        page_fail(visit, why, "accounts");
    } else if (member == NULL) {
        page_redirect(visit, "/staff/ratio", FLASH_bad, "Nobody here is called that.");
    } else {
        struct ratio_token_grant ask = {
            .key = page_form_key(visit),
            .user = member->id,
            .tokens = form_number(&visit->form, "tokens"),
            .note = form_trim(form_get(&visit->form, "note")),
        };
        set(visit, &ratio_token_grant_message, &ask);
    }
}

void page_grant_post(struct visit *visit)
{
    struct slice name = form_trim(form_get(&visit->form, "name"));
    if (name.size > ACCOUNT_NAME_MAX)
        page_redirect(visit, "/staff/ratio", FLASH_bad, "Nobody here is called that.");
    else
        member_find_name(name, on_found, visit);
}
