/* /comment…: comments are written, edited and deleted. The page of what they are about has the form for a new one; a
 * form that is refused comes back by itself, with what was typed. */
#include "services/web/extras.h"
#include "services/web/gather.h"
#include "services/web/people.h"
#include "services/web/text_form.h"
#include "services/web/web.h"

struct commenting {
    uint64_t entity, comment;    /* one of them: what a new one is about, or which one */
    const struct answer *answer; /* catalog.talk.get, catalog.comment.get or catalog.comment.versions */
    const struct people *people; /* of what it said before: its author */
    struct fault why;            /* of the attempt before */
};

static struct commenting *commenting_new(struct visit *visit, bool is_new)
{
    struct commenting *commenting = visit->page = arena_take(visit->arena, sizeof *commenting);
    uint64_t id = id_read(visit->params[0]);
    *commenting = (struct commenting){.entity = is_new ? id : 0, .comment = is_new ? 0 : id};
    if (id != 0)
        return commenting;
    page_error(visit, 404, "There is no page at that address.", NULL);
    return NULL;
}

static void commenting_ask(struct visit *visit, void (*done)(struct visit *visit))
{
    struct commenting *commenting = visit->page;
    struct catalog_talk_get talk = {.entity = commenting->entity};
    struct catalog_comment_get comment = {.comment = commenting->comment};
    struct gather *gather = gather_new(visit, done);
    commenting->answer = commenting->entity != 0 ? gather_must(gather, &catalog_talk_get_message, &talk)
                                                 : gather_must(gather, &catalog_comment_get_message, &comment);
    gather_go(gather);
}

/* ---- writing ---- */

/* What stands in the form of one that is there, and where that is. */
static bool fill_edit(struct visit *visit, struct text_form *form)
{
    const struct commenting *commenting = visit->page;
    const struct catalog_comment_get_reply *comment = commenting->answer->reply;
    bool again = commenting->why.status != STATUS_ok, crossed = strcmp(commenting->why.field, "revision") == 0;
    uint64_t typed = again && !crossed ? form_id(&visit->form, "revision") : 0;
    form->of = comment->name;
    form->of_href = comment->href;
    form->value = again ? form_get(&visit->form, "text") : comment->text;
    form->revision = typed != 0 ? typed : comment->revision;
    return comment->author == visit->me.id;
}

static void show_form(struct visit *visit)
{
    const struct commenting *commenting = visit->page;
    bool is_new = commenting->entity != 0;
    struct text_form form = {
        .title = is_new ? "Write a comment" : "Edit your comment",
        .action = arena_print(visit->arena, is_new ? "/comment/on/%llu" : "/comment/%llu",
                              (unsigned long long)(is_new ? commenting->entity : commenting->comment)),
        .field = "text",
        .label = "Comment",
        .button = is_new ? "Write it" : "Save it",
        .lines = true,
        .why = &commenting->why,
    };
    if (commenting->answer->reply == NULL) {
        page_fail(visit, &commenting->answer->why, "catalog");
        return;
    }
    if (is_new) {
        const struct catalog_talk_get_reply *talk = commenting->answer->reply;
        form.of = talk->name;
        form.of_href = talk->href;
        form.value = form_get(&visit->form, "text");
        form.tick = talk->subscribed ? NULL : "subscribe";
        form.tick_label = "Tell me what is new here";
    } else if (!fill_edit(visit, &form)) {
        page_error(visit, 403, "That is another member's comment.", NULL);
        return;
    }
    text_form_show(visit, &form);
}

static void written(struct visit *visit, struct slice href, const struct fault *why)
{
    struct commenting *commenting = visit->page;
    if (why == NULL) {
        page_redirect(visit, arena_copy(visit->arena, href).at, FLASH_none, NULL);
    } else if (form_shows(why)) {
        commenting->why = *why;
        commenting_ask(visit, show_form);
    } else {
        page_fail(visit, why, "catalog");
    }
}

static void on_added(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct catalog_comment_add_reply *added = reply;
    (void)body;
    written(arg, why == NULL ? added->href : slice_text(NULL), why);
}

static void on_edited(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct catalog_comment_edit_reply *edited = reply;
    (void)body;
    written(arg, why == NULL ? edited->href : slice_text(NULL), why);
}

static bool has_text(struct visit *visit)
{
    struct commenting *commenting = visit->page;
    if (form_trim(form_get(&visit->form, "text")).size > 0)
        return true;
    fault_set(&commenting->why, STATUS_invalid, "text", "Comment: this is needed, please fill it in.");
    commenting_ask(visit, show_form);
    return false;
}

void page_comment_add_post(struct visit *visit)
{
    struct commenting *commenting = commenting_new(visit, true);
    struct bus_call call = {.actor = visit->me.id};
    if (commenting == NULL || !has_text(visit))
        return;
    struct catalog_comment_add ask = {
        .key = page_form_key(visit),
        .entity = commenting->entity,
        .text = form_get(&visit->form, "text"),
        .subscribe = form_has(&visit->form, "subscribe"),
    };
    bus_ask(service_bus(), NULL, &catalog_comment_add_message, &ask, &call, on_added, visit);
}

void page_comment(struct visit *visit)
{
    if (commenting_new(visit, false) != NULL)
        commenting_ask(visit, show_form);
}

void page_comment_post(struct visit *visit)
{
    struct commenting *commenting = commenting_new(visit, false);
    struct bus_call call = {.actor = visit->me.id};
    if (commenting == NULL || !has_text(visit))
        return;
    struct catalog_comment_edit ask = {
        .key = page_form_key(visit),
        .comment = commenting->comment,
        .revision = form_id(&visit->form, "revision"),
        .text = form_get(&visit->form, "text"),
    };
    bus_ask(service_bus(), NULL, &catalog_comment_edit_message, &ask, &call, on_edited, visit);
}

/* ---- deleting ---- */

static void show_removal(struct visit *visit)
{
    const struct commenting *commenting = visit->page;
    const struct catalog_comment_get_reply *comment = commenting->answer->reply;
    if (comment == NULL) {
        page_fail(visit, &commenting->answer->why, "catalog");
        return;
    }
    struct removal removal = {
        .action = arena_print(visit->arena, "/comment/%llu/delete", (unsigned long long)commenting->comment),
        .about = "Nobody sees the comment any more. That it was deleted, by whom and why stands in the log.",
        .what = slice_text(arena_print(visit->arena, "Comment on %.*s", SLICE_ARGS(comment->name))),
        .href = comment->href,
        .why = &commenting->why,
    };
    removal_show(visit, &removal);
}

static void on_deleted(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    struct commenting *commenting = visit->page;
    const struct catalog_comment_delete_reply *deleted = reply;
    (void)body;
    if (why == NULL) {
        page_redirect(visit, arena_copy(visit->arena, deleted->href).at, FLASH_good, "Deleted.");
    } else if (form_shows(why)) {
        commenting->why = *why;
        commenting_ask(visit, show_removal);
    } else {
        page_fail(visit, why, "catalog");
    }
}

void page_comment_delete(struct visit *visit)
{
    if (commenting_new(visit, false) != NULL)
        commenting_ask(visit, show_removal);
}

void page_comment_delete_post(struct visit *visit)
{
    struct commenting *commenting = commenting_new(visit, false);
    struct bus_call call = {.actor = visit->me.id};
    if (commenting == NULL)
        return;
    struct catalog_comment_delete ask = {
        .key = page_form_key(visit),
        .comment = commenting->comment,
        .reason = removal_reason(visit, &commenting->why),
        .staff = visit_is_staff(visit),
    };
    if (commenting->why.status == STATUS_ok)
        bus_ask(service_bus(), NULL, &catalog_comment_delete_message, &ask, &call, on_deleted, visit);
    else
        commenting_ask(visit, show_removal);
}

/* ---- what it said before ---- */

static void show_versions(struct visit *visit)
{
    const struct commenting *commenting = visit->page;
    const struct catalog_comment_versions_reply *reply = commenting->answer->reply;
    page_begin(visit, "What a comment said", NULL);
    tree_text(visit->out, "of", reply->name);
    tree_text(visit->out, "of_href", reply->href);
    people_write(visit->out, "who", commenting->people, reply->author);
    tree_wiki(visit->out, "text_html", reply->text);
    tree_decorate(visit->out, "versions", reply->versions.object, extras_known(visit->extras));
    page_end(visit, 200, "comment_versions", NULL);
}

static void ask_author(struct visit *visit)
{
    struct commenting *commenting = visit->page;
    const struct catalog_comment_versions_reply *reply = commenting->answer->reply;
    struct gather *gather = gather_new(visit, show_versions);
    commenting->people = people_ask(gather, visit, &reply->author, 1);
    gather_go(gather);
}

static void on_versions(struct visit *visit)
{
    const struct commenting *commenting = visit->page;
    const struct catalog_comment_versions_reply *reply = commenting->answer->reply;
    if (reply == NULL)
        page_fail(visit, &commenting->answer->why, "catalog");
    else
        extras_ask(visit, &reply->versions.object, 1, ask_author);
}

void page_comment_versions(struct visit *visit)
{
    struct commenting *commenting = commenting_new(visit, false);
    if (commenting == NULL)
        return;
    struct catalog_comment_versions ask = {.comment = commenting->comment, .staff = visit_is_staff(visit)};
    struct gather *gather = gather_new(visit, on_versions);
    commenting->answer = gather_must(gather, &catalog_comment_versions_message, &ask);
    gather_go(gather);
}
