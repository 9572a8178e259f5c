/* See talk.h. */
#include "services/web/talk.h"

#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/plugins.h"
#include "services/web/web.h"

#define COMMENTS_SHOWN 20

struct talk {
    const struct answer *answer;
};

struct talk *talk_ask(struct gather *gather, struct visit *visit, uint64_t entity)
{
    struct talk *talk = arena_take(visit->arena, sizeof *talk);
    uint64_t from = form_id(&visit->query, "comment"), before = form_id(&visit->query, "before");
    struct catalog_talk_get ask = {.entity = entity, .before = from != 0 ? from + 1 : before, .limit = COMMENTS_SHOWN};
    talk->answer = gather_may(gather, &catalog_talk_get_message, &ask);
    return talk;
}

const msgpack_object *talk_comments(const struct talk *talk)
{
    const struct catalog_talk_get_reply *reply = talk->answer->reply;
    return reply != NULL && reply->discussed ? reply->comments.object : NULL;
}

const msgpack_object *talk_images(const struct talk *talk)
{
    const struct catalog_talk_get_reply *reply = talk->answer->reply;
    return reply != NULL && reply->pictured.size > 0 ? reply->images.object : NULL;
}

/* How a member has voted, and what the two buttons therefore send. */
static void write_vote(struct tree_writer *out, const msgpack_object *tag)
{
    const msgpack_object *vote = map_find(tag, "vote");
    bool down = vote != NULL && vote->type == MSGPACK_OBJECT_NEGATIVE_INTEGER;
    bool up = look_count(tag, "vote") == 1;
    tree_flag(out, "is_up", up);
    tree_flag(out, "is_down", down);
    tree_string(out, "up", up ? "0" : "1");
    tree_string(out, "down", down ? "0" : "-1");
}

/* Tags that are there are offered while new ones are typed, as in the form of an upload. */
static void write_suggest(struct visit *visit)
{
    const msgpack_object *fields = look_array(plugins_find(visit->params[0]), "fields");
    for (size_t i = 0; i < look_size(fields); i++)
        if (look_flag(look_at(fields, i), "commas"))
            tree_print(visit->out, "suggest_tags", "/suggest/%.*s?field=%.*s", SLICE_ARGS(visit->params[0]),
                       SLICE_ARGS(look_text(look_at(fields, i), "suggest")));
}

static void write_tags(struct visit *visit, const msgpack_object *tags)
{
    struct tree_writer *out = visit->out;
    bool staff = visit_is_staff(visit);
    tree_flag(out, "has_tags", look_size(tags) > 0);
    tree_open_array(out, "tags");
    for (size_t i = 0; i < look_size(tags); i++) {
        const msgpack_object *tag = look_at(tags, i);
        const msgpack_object *score = map_find(tag, "score");
        bool below = score != NULL && score->type == MSGPACK_OBJECT_NEGATIVE_INTEGER;
        tree_open_map(out, NULL);
        tree_count(out, "tag", look_count(tag, "tag"));
        tree_text(out, "name", look_text(tag, "name"));
        tree_number(out, "score", below ? score->via.i64 : (int64_t)look_count(tag, "score"));
        tree_flag(out, "below", below);
        tree_flag(out, "may_remove", staff || look_flag(tag, "alone"));
        write_vote(out, tag);
        tree_close(out);
    }
    tree_close(out);
}

/* The first large, the rest small, and all of them to be put in order. */
static void write_images(struct tree_writer *out, const struct catalog_talk_get_reply *reply,
                         const struct tree_extra *extra)
{
    const msgpack_object *images = reply->images.object;
    tree_text(out, "pictured", reply->pictured);
    tree_print(out, "file_max_text", "%d MiB", (int)(WEB_FILE_MAX >> 20));
    if (look_size(images) == 0)
        return;
    tree_object(out, "first", look_at(images, 0));
    tree_decorate(out, "images", images, extra);
    tree_flag(out, "has_rest", look_size(images) > 1);
    tree_open_array(out, "rest");
    for (size_t i = 1; i < look_size(images); i++) {
        const msgpack_object *image = look_at(images, i);
        tree_open_map(out, NULL);
        tree_text(out, "hash", look_text(image, "hash"));
        tree_count(out, "thumb_width", look_count(image, "thumb_width"));
        tree_count(out, "thumb_height", look_count(image, "thumb_height"));
        tree_count(out, "number", i + 1);
        tree_close(out);
    }
    tree_close(out);
}

void talk_read(struct visit *visit, const struct talk *talk)
{
    if (talk->answer->reply == NULL)
        visit_missing(visit, "catalog", "Images, tags and comments cannot be read for the moment.");
}

static void write_comments(struct visit *visit, const struct catalog_talk_get_reply *reply,
                           const struct tree_extra *extra)
{
    const msgpack_object *comments = reply->comments.object;
    size_t count = look_size(comments);
    const char *path = arena_print(visit->arena, "%.*s", SLICE_ARGS(reply->href));
    tree_count(visit->out, "comments_count", reply->comments_count);
    tree_flag(visit->out, "has_comments", count > 0);
    if (count > 0)
        tree_decorate(visit->out, "comments", comments, extra);
    if (form_has(&visit->query, "comment"))
        tree_string(visit->out, "first_href", path);
    page_pager(visit, path, "before",
               count == COMMENTS_SHOWN ? look_count(look_at(comments, count - 1), "comment") : 0);
}

void talk_write(struct visit *visit, const struct talk *talk, const struct tree_extra *extra)
{
    const struct catalog_talk_get_reply *reply = talk->answer->reply;
    if (reply == NULL)
        return;
    tree_open_map(visit->out, "talk");
    tree_count(visit->out, "entity", reply->entity);
    tree_flag(visit->out, "bookmarked", reply->bookmarked);
    tree_flag(visit->out, "subscribed", reply->subscribed);
    tree_flag(visit->out, "tagged", reply->tagged);
    write_suggest(visit);
    write_tags(visit, reply->tags.object);
    tree_flag(visit->out, "has_collages", look_size(reply->collages.object) > 0);
    if (look_size(reply->collages.object) > 0)
        tree_object(visit->out, "collages", reply->collages.object);
    if (reply->pictured.size > 0)
        write_images(visit->out, reply, extra);
    tree_flag(visit->out, "discussed", reply->discussed);
    if (reply->discussed)
        write_comments(visit, reply, extra);
    tree_close(visit->out);
}
