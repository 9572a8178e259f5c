/* /staff/evidence: what does not look right in members' figures, the least likely first. Tells; does nothing. */
#include "services/web/format.h"
#include "services/web/gather.h"
#include "services/web/names.h"
#include "services/web/page.h"
#include "services/web/people.h"

#define EVIDENCE_SHOWN 100

struct listed {
    const struct answer *answer, *names;
    struct people *people;
    const struct evidence_row *rows;
    size_t count;
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

static void write_row(struct visit *visit, const struct evidence_row *row)
{
    const struct listed *listed = visit->page;
    struct tree_writer *out = visit->out;
    char span[FORMAT_MAX];
    tree_open_map(out, NULL);
    tree_string(out, "what", what_of(row->kind));
    tree_flag(out, "whole", row->user == 0);
    people_write(out, "name", listed->people, row->user);
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
    names_missing(visit, listed->names, "the torrents");
    page_begin(visit, "Evidence", "evidence");
    tree_flag(visit->out, "has_evidence", listed->count > 0);
    tree_open_array(visit->out, "evidence");
    for (size_t i = 0; i < listed->count; i++)
        write_row(visit, &listed->rows[i]);
    tree_close(visit->out);
    page_end(visit, 200, "evidence", NULL);
}

static void on_list(struct visit *visit)
{
    struct listed *listed = visit->page;
    const struct ratio_evidence_list_reply *reply = listed->answer->reply;
    if (reply == NULL) {
        page_fail(visit, &listed->answer->why, "ratio");
        return;
    }
    listed->rows = answer_rows(visit, reply->evidence, &evidence_row_row, &listed->count);
    struct gather *gather = gather_new(visit, show);
    listed->names = names_ask(gather, visit, IDS_OF(visit, listed->rows, listed->count, torrent), listed->count);
    listed->people = people_ask(gather, visit, IDS_OF(visit, listed->rows, listed->count, user), listed->count);
    gather_go(gather);
}

void page_evidence(struct visit *visit)
{
    struct listed *listed = visit->page = arena_take(visit->arena, sizeof *listed);
    struct ratio_evidence_list ask = {.limit = EVIDENCE_SHOWN};
    struct gather *gather = gather_new(visit, on_list);
    listed->answer = gather_must(gather, &ratio_evidence_list_message, &ask);
    gather_go(gather);
}
