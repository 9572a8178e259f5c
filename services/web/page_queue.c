/* /backup/queue?tier=&mine=&cursor=: the versions that want holders, the most urgent first, for every member. */
#include "services/web/backup_parts.h"
#include "services/web/format.h"
#include "services/web/names.h"
#include "services/web/page.h"

#include "services/common/encode.h"

#define QUEUE_SHOWN 50

struct queue {
    const struct answer *list, *names;
    struct people *people;
    const struct queue_row *rows;
    size_t count;
    uint64_t tier; /* 0: both */
    bool mine;     /* what the asker could hold */
};

static void write_row(struct visit *visit, const struct queue_row *row)
{
    const struct queue *queue = visit->page;
    struct tree_writer *out = visit->out;
    tree_open_map(out, NULL);
    tree_count(out, "version", row->version);
    names_write(out, queue->names, row->version);
    people_write(out, "owner", queue->people, row->owner);
    tree_flag(out, "own", row->owner == visit->me.id);
    tree_size(out, "size", row->size);
    tree_count(out, "in_flight", row->in_flight);
    tree_count(out, "tier", row->tier);
    tree_number(out, "score", row->score);
    tree_count(out, "points", row->points);
    tree_count(out, "risk", row->risk);
    tree_count(out, "wait_hours", row->wait_hours);
    tree_count(out, "rank", row->rank);
    backup_marks_write(out, row->counted, row->redundancy);
    tree_close(out);
}

static const char *page_href(struct visit *visit, const struct queue *queue, struct slice cursor)
{
    char *escaped = arena_take(visit->arena, 3 * cursor.size + 1);
    percent_write(cursor, escaped);
    return arena_print(visit->arena, "/backup/queue?tier=%llu%s%s%s", (unsigned long long)queue->tier,
                       queue->mine ? "&mine=1" : "", cursor.size > 0 ? "&cursor=" : "", escaped);
}

static void show(struct visit *visit)
{
    const struct queue *queue = visit->page;
    const struct ratio_queue_list_reply *reply = queue->list->reply;
    char count[FORMAT_MAX];
    names_missing(visit, queue->names, "the versions");
    backup_begin(visit, "The queue", "queue");
    struct tree_writer *out = visit->out;
    tree_string(out, "count_text", format_number(reply->count, count));
    tree_flag(out, "count_one", reply->count == 1);
    tree_flag(out, "tier_1", queue->tier == 1);
    tree_flag(out, "tier_2", queue->tier == 2);
    tree_flag(out, "mine", queue->mine);
    tree_flag(out, "filtered", queue->mine || queue->tier != 0);
    tree_flag(out, "has_rows", queue->count > 0);
    tree_open_array(out, "rows");
    for (size_t i = 0; i < queue->count; i++)
        write_row(visit, &queue->rows[i]);
    tree_close(out);
    if (reply->next.size > 0)
        tree_string(out, "next_href", page_href(visit, queue, reply->next));
    if (form_has(&visit->query, "cursor"))
        tree_string(out, "first_href", page_href(visit, queue, slice_text(NULL)));
    page_end(visit, 200, "queue", "backup");
}

static void on_list(struct visit *visit)
{
    struct queue *queue = visit->page;
    const struct ratio_queue_list_reply *reply = queue->list->reply;
    if (reply == NULL) {
        page_fail(visit, &queue->list->why, "ratio");
        return;
    }
    queue->rows = answer_rows(visit, reply->versions, &queue_row_row, &queue->count);
    struct gather *gather = gather_new(visit, show);
    queue->names = names_ask(gather, visit, IDS_OF(visit, queue->rows, queue->count, version), queue->count);
    queue->people = people_ask(gather, visit, IDS_OF(visit, queue->rows, queue->count, owner), queue->count);
    gather_go(gather);
}

void page_queue(struct visit *visit)
{
    struct queue *queue = visit->page = arena_take(visit->arena, sizeof *queue);
    struct slice cursor = form_get(&visit->query, "cursor");
    uint64_t tier = form_id(&visit->query, "tier");
    queue->tier = tier <= 2 ? tier : 0;
    queue->mine = form_has(&visit->query, "mine");
    if (cursor.size > 64) {
        page_error(visit, 400, "That is no page of the queue: begin with its first.", NULL);
        return;
    }
    struct ratio_queue_list ask = {
        .user = queue->mine ? visit->me.id : 0, .tier = queue->tier, .cursor = cursor, .limit = QUEUE_SHOWN};
    struct gather *gather = gather_new(visit, on_list);
    queue->list = gather_must(gather, &ratio_queue_list_message, &ask);
    gather_go(gather);
}
