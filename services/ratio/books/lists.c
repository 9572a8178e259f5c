/* The queue, and what one member is offered, holds and may delete. To sort the queue takes long where it is long, so it
 * is kept sorted for some seconds: its order moves by the hour, and by commands, which end that at once. */
#include "services/ratio/books/answers.h"

#include "services/common/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SORTED_MS = 15000, QUEUE_MOST = 100, LOOKED_MOST = 20000, DELETABLE_MOST = 5000, OFFERS_MOST = 1000 };

static struct rules_holdings holdings; /* room for one answer */

static struct {
    struct rules_queued *at;
    size_t count;
    int64_t sorted_at; /* clock_ticks */
} queue;

/* ---- ratio.queue.list ---- */

static void queue_sort(void)
{
    int64_t now = clock_ticks();
    if (queue.at != NULL && !book.changed && now - queue.sorted_at < SORTED_MS)
        return;
    const struct rules_queued *sorted = rules_queue(book.rules, &queue.count);
    queue.at = mem_grow(queue.at, (queue.count + 1) * sizeof *queue.at);
    if (queue.count > 0)
        memcpy(queue.at, sorted, queue.count * sizeof *queue.at);
    queue.sorted_at = now;
    book.changed = false;
}

int64_t queue_place(int64_t version)
{
    queue_sort();
    for (size_t i = 0; i < queue.count; i++)
        if (queue.at[i].version == version)
            return (int64_t)i + 1;
    return 0;
}

/* The last row of the page before, as the order compares it (2.7). */
struct cursor {
    int tier;
    int64_t score, created_at, version;
};

static bool cursor_read(struct slice text, struct cursor *cursor)
{
    char copy[80];
    if (text.size >= sizeof copy)
        return false;
    memcpy(copy, text.at, text.size);
    copy[text.size] = '\0';
    return sscanf(copy, "%d.%" SCNd64 ".%" SCNd64 ".%" SCNd64, &cursor->tier, &cursor->score, &cursor->created_at,
                  &cursor->version) == 4;
}

static bool is_after(const struct rules_queued *row, const struct cursor *cursor)
{
    if (row->tier != cursor->tier)
        return row->tier > cursor->tier;
    if (row->standing.score != cursor->score)
        return row->standing.score < cursor->score;
    if (row->created_at != cursor->created_at)
        return row->created_at > cursor->created_at;
    return row->version > cursor->version;
}

static size_t place_after(const struct cursor *cursor)
{
    size_t low = 0, high = queue.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_after(&queue.at[middle], cursor))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void pack_queued(struct listing *into, const struct rules_queued *queued)
{
    struct rules_placing placing = {0};
    rules_placing(book.rules, queued->version, &placing);
    struct queue_row row = {
        .version = (uint64_t)queued->version,
        .backup = (uint64_t)placing.backup,
        .owner = (uint64_t)queued->owner,
        .size = (uint64_t)placing.size,
        .redundancy = (uint64_t)placing.redundancy,
        .counted = (uint64_t)placing.counted,
        .in_flight = (uint64_t)placing.in_flight,
        .tier = (uint64_t)queued->tier,
        .score = queued->standing.score,
        .points = (uint64_t)queued->standing.points,
        .risk = (uint64_t)queued->standing.risk,
        .wait_hours = (uint64_t)queued->standing.wait_hours,
        .rank = (uint64_t)queued->standing.rank,
        .created_at = queued->created_at,
    };
    row_pack(&queue_row_row, &row, &into->packer);
}

/* Left out: what has left the queue since it was sorted, and what the reader does not ask for. */
static bool is_wanted(const struct ratio_queue_list *ask, const struct rules_queued *row)
{
    struct rules_placing placing;
    if (ask->tier != 0 && (uint64_t)row->tier != ask->tier)
        return false;
    if (!rules_placing(book.rules, row->version, &placing) || !placing.queued)
        return false;
    return ask->user == 0 || rules_could_hold(book.rules, (int64_t)ask->user, row->version);
}

/* The rows of a page, and the place to go on from; `*next` is 0 at the end. */
static size_t page_pick(const struct ratio_queue_list *ask, size_t from, const struct rules_queued *page[QUEUE_MOST],
                        size_t *next)
{
    size_t count = 0, i = from, last = from + LOOKED_MOST;
    for (; i < queue.count && i < last && count < ask->limit; i++)
        if (is_wanted(ask, &queue.at[i]))
            page[count++] = &queue.at[i];
    *next = i < queue.count ? i : 0;
    return count;
}

static void serve_queue(struct bus_request *request, const void *message)
{
    const struct ratio_queue_list *ask = message;
    const struct rules_queued *page[QUEUE_MOST];
    struct cursor cursor = {0};
    struct listing listing;
    size_t next;
    queue_sort();
    if (ask->cursor.size > 0 && !cursor_read(ask->cursor, &cursor)) {
        bus_fail(request, &(struct fault){.status = STATUS_invalid, .field = "cursor", .text = "That is no cursor."});
        return;
    }
    size_t count = page_pick(ask, ask->cursor.size > 0 ? place_after(&cursor) : 0, page, &next);
    listing_begin(&listing, count);
    for (size_t i = 0; i < count; i++)
        pack_queued(&listing, page[i]);
    struct ratio_queue_list_reply reply = {.count = queue.count, .versions = listing_rows(&listing)};
    if (next > 0) {
        const struct rules_queued *last = &queue.at[next - 1];
        reply.next = slice_text(arena_print(bus_arena(request), "%d.%" PRId64 ".%" PRId64 ".%" PRId64, last->tier,
                                            last->standing.score, last->created_at, last->version));
    }
    bus_reply(request, &reply);
    listing_end(&listing);
}

static void on_queue(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_queue);
}

/* ---- ratio.offer.list ---- */

static void pack_offers(struct listing *into, const struct rules_offers *offers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct rules_placing placing = {0};
        rules_placing(book.rules, offers->offers[i].version, &placing);
        struct offer_row row = {
            .version = (uint64_t)offers->offers[i].version,
            .owner = (uint64_t)placing.owner,
            .size = (uint64_t)placing.size,
            .tier = (uint64_t)offers->offers[i].tier,
            .expires_at = offers->offers[i].expires,
            .offer = (uint64_t)offers->offers[i].until,
        };
        row_pack(&offer_row_row, &row, &into->packer);
    }
}

static void pack_deletable(struct listing *into, int64_t user, const struct rules_offers *offers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct rules_placing placing = {0};
        struct rules_copy copy = {0};
        rules_placing(book.rules, offers->may_delete[i], &placing);
        rules_copy(book.rules, user, offers->may_delete[i], &copy, NULL);
        const char *why = placing.deleted ? "deleted" : "spare";
        if (placing.superseded)
            why = "superseded";
        else if (copy.state == RULES_RELEASED)
            why = "released";
        struct deletable_row row = {
            .version = (uint64_t)offers->may_delete[i],
            .owner = (uint64_t)placing.owner,
            .size = (uint64_t)placing.size,
            .why = slice_text(why),
        };
        row_pack(&deletable_row_row, &row, &into->packer);
    }
}

static void serve_offers(struct bus_request *request, const void *message)
{
    const struct ratio_offer_list *ask = message;
    struct rules_offers offers;
    struct listing given, free;
    struct fault why;
    if (!rules_offers(book.rules, (int64_t)ask->user, &offers, &why)) {
        bus_fail(request, &why);
        return;
    }
    size_t given_count = offers.offers_count < OFFERS_MOST ? offers.offers_count : OFFERS_MOST;
    size_t free_count = offers.may_delete_count < DELETABLE_MOST ? offers.may_delete_count : DELETABLE_MOST;
    listing_begin(&given, given_count);
    listing_begin(&free, free_count);
    pack_offers(&given, &offers, given_count);
    pack_deletable(&free, (int64_t)ask->user, &offers, free_count);
    struct ratio_offer_list_reply reply = {.offers = listing_rows(&given), .may_delete = listing_rows(&free)};
    bus_reply(request, &reply);
    listing_end(&given);
    listing_end(&free);
}

static void on_offers(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_offers);
}

/* ---- ratio.holding.list ---- */

static void serve_holdings(struct bus_request *request, const void *message)
{
    const struct ratio_holding_list *ask = message;
    struct listing listing;
    struct fault why;
    if (!rules_member_copies(book.rules, (int64_t)ask->user, &holdings, &why)) {
        bus_fail(request, &why);
        return;
    }
    size_t from = 0;
    while (from < holdings.count && holdings.at[from].version <= (int64_t)ask->after)
        from++;
    size_t count = holdings.count - from < ask->limit ? holdings.count - from : ask->limit;
    listing_begin(&listing, count);
    if (count > 0)
        pack_copies(&listing, holdings.at + from, count);
    struct ratio_holding_list_reply reply = {
        .count = holdings.count, .copies = listing_rows(&listing), .more = from + count < holdings.count};
    bus_reply(request, &reply);
    listing_end(&listing);
}

static void on_holdings(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_holdings);
}

void lists_serve(void)
{
    bus_serve(book.bus, NULL, &ratio_queue_list_message, on_queue, NULL);
    bus_serve(book.bus, NULL, &ratio_offer_list_message, on_offers, NULL);
    bus_serve(book.bus, NULL, &ratio_holding_list_message, on_holdings, NULL);
}
