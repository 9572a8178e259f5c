#include "services/web/backup_parts.h"

#include "services/web/account.h"
#include "services/web/look.h"
#include "services/web/page.h"

void backup_begin(struct visit *visit, const char *title, const char *tab)
{
    visit->params[0] = slice_text("backup");
    page_begin(visit, title, "backup");
    if (tab != NULL) {
        tree_open_map(visit->out, "tab");
        tree_flag(visit->out, tab, true);
        tree_close(visit->out);
    }
}

bool backup_seen(struct visit *visit, struct seen *into)
{
    uint64_t of = form_id(&visit->query, "of");
    *into = (struct seen){.user = visit->me.id};
    if (!form_has(&visit->query, "of") || of == visit->me.id)
        return true;
    into->user = of;
    into->other = true;
    if (!visit_is_staff(visit))
        page_error(visit, 403, "Only staff may see another member's pages of Backup.", NULL);
    else if (of == 0)
        page_error(visit, 404, "There is no such member.", NULL);
    return visit_is_staff(visit) && of != 0;
}

void backup_seen_ask(struct gather *gather, struct visit *visit, struct seen *seen)
{
    if (seen->other)
        seen->people = people_ask(gather, visit, &seen->user, 1);
}

void backup_seen_write(struct visit *visit, const struct seen *seen)
{
    if (!seen->other)
        return;
    tree_open_map(visit->out, "reader");
    people_write(visit->out, "name", seen->people, seen->user);
    tree_close(visit->out);
    tree_print(visit->out, "of", "?of=%llu", (unsigned long long)seen->user);
    tree_print(visit->out, "and_of", "&of=%llu", (unsigned long long)seen->user);
}

const struct answer *backup_names_ask(struct gather *gather, struct visit *visit, const uint64_t *ids, size_t count)
{
    struct catalog_entity_names ask = {.entities = ask_ids(visit, ids, count)};
    return gather_may(gather, &catalog_entity_names_message, &ask);
}

const char *backup_name(struct visit *visit, const struct answer *names, uint64_t backup)
{
    const struct catalog_entity_names_reply *reply = names->reply;
    struct entity_name name;
    for (size_t i = 0; reply != NULL && i < rows_count(reply->entities); i++)
        if (row_read(&entity_name_row, &name, rows_at(reply->entities, i), NULL) && name.entity == backup)
            return arena_copy(visit->arena, name.name).at;
    return arena_print(visit->arena, "Backup %llu", (unsigned long long)backup);
}

void backup_marks_write(struct tree_writer *out, uint64_t counted, uint64_t wanted)
{
    tree_count(out, "counted", counted);
    tree_count(out, "wanted", wanted);
    tree_open_array(out, "marks");
    for (uint64_t i = 0; i < wanted; i++) {
        tree_open_map(out, NULL);
        tree_flag(out, "full", i < counted);
        tree_close(out);
    }
    tree_close(out);
}

struct standing {
    const char *text, *tone;
};

static struct standing standing_of(const struct book_copy *copy)
{
    if (slice_is(copy->state, "offered"))
        return (struct standing){"offered", "plain"};
    if (slice_is(copy->state, "fetching"))
        return (struct standing){"being fetched", "plain"};
    if (slice_is(copy->state, "released"))
        return (struct standing){"released", "bad"};
    if (slice_is(copy->state, "stale"))
        return copy->counted ? (struct standing){"counts, not seen of late", "away"}
                             : (struct standing){"stale", "away"};
    if (copy->counted)
        return copy->probation ? (struct standing){"counts, not proven yet", "good"}
                               : (struct standing){"counts", "good"};
    if (copy->spare && (copy->superseded || copy->deleted))
        return (struct standing){copy->superseded ? "superseded" : "its version is deleted", "plain"};
    return copy->spare ? (struct standing){"spare", "plain"} : (struct standing){"unproven", "away"};
}

void backup_copy_write(struct visit *visit, const struct book_copy *copy)
{
    struct tree_writer *out = visit->out;
    struct standing standing = standing_of(copy);
    tree_string(out, "state", standing.text);
    tree_string(out, "tone", standing.tone);
    tree_time(out, "since_at", copy->since, visit->now);
    tree_time(out, "seen_at", copy->seen_at, visit->now);
    tree_time(out, "proven_at", copy->proven_at, visit->now);
    tree_time(out, "proven_until_at", copy->proven_until, visit->now);
    tree_time(out, "until_at", copy->until, visit->now);
    tree_flag(out, "held", copy->since != 0);
    tree_flag(out, "counted", copy->counted);
    tree_flag(out, "spare", copy->spare);
    tree_flag(out, "offered", slice_is(copy->state, "offered"));
    tree_flag(out, "colocated", copy->colocated);
}

const char *backup_sentence(struct visit *visit, const struct answer *explained, const char *rule)
{
    const struct ratio_explain_reply *reply = explained->reply;
    const msgpack_object *steps = reply != NULL ? reply->steps.object : NULL;
    for (size_t i = 0; i < look_size(steps); i++)
        if (slice_is(look_text(look_at(steps, i), "rule"), rule))
            return arena_copy(visit->arena, look_text(look_at(steps, i), "sentence")).at;
    return NULL;
}

void backup_fail(struct visit *visit, const struct seen *seen, const struct fault *why)
{
    bool own = seen == NULL || !seen->other;
    if (own && why->status == STATUS_not_found && strcmp(why->field, "user") == 0)
        page_error(visit, 503, "Your account is being set up for Backup: try again in a few seconds.", NULL);
    else
        page_fail(visit, why, "ratio");
}

bool backup_is_refusal(const struct fault *why)
{
    return why->status != STATUS_unavailable && why->status != STATUS_internal;
}
