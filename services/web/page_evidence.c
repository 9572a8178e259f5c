/* /staff/evidence: what does not look right in members' figures, the least likely first. Tells; does nothing. */
#include "services/web/format.h"
#include "services/web/gather.h"
#include "services/web/names.h"
#include "services/web/page.h"
#include "services/web/statements.h"
#include "services/web/web.h"

#define EVIDENCE_SHOWN 100

struct listed {
    const struct answer *answer, *names;
    struct gather *gather;
    struct evidence_row *rows;
    size_t count;
    struct tree_name *members;
    size_t members_count;
};

static const char *what_of(struct slice kind)
{
    if (slice_is(kind, "alone"))
        return "Upload to nobody";
    if (slice_is(kind, "rate"))
        return "Too fast";
    if (slice_is(kind, "balance"))
        return "No balance";
    return "More left";
}

static void write_member(struct tree_writer *out, const struct listed *listed, uint64_t user)
{
    tree_flag(out, "whole", user == 0);
    for (size_t i = 0; i < listed->members_count; i++)
        if (listed->members[i].user == user) {
            tree_text(out, "name", listed->members[i].name);
            return;
        }
    tree_nil(out, "name");
}

static void write_row(struct visit *visit, const struct evidence_row *row)
{
    const struct listed *listed = visit->page;
    struct tree_writer *out = visit->out;
    char span[FORMAT_MAX];
    tree_open_map(out, NULL);
    tree_string(out, "what", what_of(row->kind));
    write_member(out, listed, row->user);
    names_write(out, listed->names, row->torrent);
    tree_count(out, "times", row->times);
    tree_size(out, "size_unexplained", row->unexplained);
    tree_size(out, "size_claimed", row->claimed);
    tree_size(out, "size_possible", row->possible);
    tree_string(out, "span", row->span > 0 ? format_span(row->span / 1000, span) : NULL);
    tree_time(out, "first_at", row->first_at, visit->now);
    tree_time(out, "last_at", row->last_at, visit->now);
    tree_close(out);
}

static void show(struct visit *visit)
{
    const struct listed *listed = visit->page;
    if (listed->names->reply == NULL)
        visit_missing(visit, "catalog", "What the torrents are called cannot be told for the moment.");
    page_begin(visit, "Evidence", "evidence");
    tree_flag(visit->out, "has_evidence", listed->count > 0);
    tree_open_array(visit->out, "evidence");
    for (size_t i = 0; i < listed->count; i++)
        write_row(visit, &listed->rows[i]);
    tree_close(visit->out);
    page_end(visit, 200, "evidence", NULL);
}

static void on_members(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct visit *visit = arg;
    struct listed *listed = visit->page;
    if (why != NULL)
        visit_missing(visit, "accounts", "Members' names cannot be read for the moment.");
    size_t count = rows != NULL ? db_count(rows) : 0;
    listed->members = arena_take(visit->arena, count * sizeof *listed->members + 1);
    for (size_t i = 0; i < count; i++)
        listed->members[listed->members_count++] =
            (struct tree_name){(uint64_t)db_get_int(rows, i, 0), arena_copy(visit->arena, db_get_text(rows, i, 1))};
    gather_release(listed->gather);
}

static void ask_names(struct visit *visit, struct listed *listed)
{
    int64_t users[EVIDENCE_SHOWN];
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, listed->count);
    for (size_t i = 0; i < listed->count; i++) {
        users[i] = (int64_t)listed->rows[i].user;
        msgpack_pack_uint64(&packer, listed->rows[i].torrent);
    }
    struct catalog_torrent_names ask = {.torrents.packed =
                                            arena_copy(visit->arena, slice_of(packed.data, packed.size))};
    msgpack_sbuffer_destroy(&packed);
    listed->gather = gather_new(visit, show);
    listed->names = gather_may(listed->gather, &catalog_torrent_names_message, &ask);
    gather_hold(listed->gather);
    db_ask(service_db(), &member_names, db_ints(db_args(), users, listed->count), on_members, visit);
    gather_go(listed->gather);
}

static void on_list(struct visit *visit)
{
    struct listed *listed = visit->page;
    const struct ratio_evidence_list_reply *reply = listed->answer->reply;
    if (reply == NULL) {
        page_fail(visit, &listed->answer->why, "ratio");
        return;
    }
    listed->rows = arena_take(visit->arena, EVIDENCE_SHOWN * sizeof *listed->rows);
    for (size_t i = 0; i < rows_count(reply->evidence) && listed->count < EVIDENCE_SHOWN; i++)
        if (row_read(&evidence_row_row, &listed->rows[listed->count], rows_at(reply->evidence, i), NULL))
            listed->count++;
    ask_names(visit, listed);
}

void page_evidence(struct visit *visit)
{
    struct listed *listed = visit->page = arena_take(visit->arena, sizeof *listed);
    struct ratio_evidence_list ask = {.limit = EVIDENCE_SHOWN};
    struct gather *gather = gather_new(visit, on_list);
    listed->answer = gather_must(gather, &ratio_evidence_list_message, &ask);
    gather_go(gather);
}
