/* Sorting is what makes it simple: the rows of a session stand together, and so do the sessions of a member and
 * torrent. */
#include "services/ratio/batch.h"

#include "services/common/arena.h"

#include <stdlib.h>

enum { CLIENT_SIZE = 8 }; /* of a peer_id: what says which program it is */

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_pair(const struct session_total *a, const struct session_total *b)
{
    int order = compare(a->user, b->user);
    return order != 0 ? order : compare(a->torrent, b->torrent);
}

static int by_session(const struct session_total *a, const struct session_total *b)
{
    int order = by_pair(a, b);
    return order != 0 ? order : memcmp(a->peer_id.at, b->peer_id.at, a->peer_id.size);
}

static int by_row(const void *left, const void *right)
{
    const struct session_total *a = left, *b = right;
    int order = by_session(a, b);
    if (order == 0)
        order = a->epoch < b->epoch ? -1 : a->epoch > b->epoch;
    return order != 0 ? order : (a->seen_at < b->seen_at ? -1 : a->seen_at > b->seen_at);
}

static bool rows_read(struct batch *batch, struct tree rows, int64_t now, struct fault *why)
{
    for (size_t i = 0; i < batch->rows_count; i++) {
        struct session_total *row = &batch->rows[i];
        if (!row_read(&session_total_row, row, rows_at(rows, i), why))
            return false;
        if (row->seen_at > now + day_ms || row->seen_at < now - 30 * day_ms)
            row->seen_at = now;
    }
    return true;
}

static void sessions_find(struct batch *batch)
{
    for (size_t i = 0; i < batch->rows_count; i++) {
        const struct session_total *row = &batch->rows[i];
        if (i == 0 || by_session(row - 1, row) != 0)
            batch->sessions[batch->sessions_count++] =
                (struct batch_session){.user = row->user, .torrent = row->torrent, .peer_id = row->peer_id, .first = i};
        batch->sessions[batch->sessions_count - 1].count++;
    }
}

bool batch_read(struct batch *batch, struct tree rows, int64_t now, struct fault *why)
{
    size_t count = rows_count(rows);
    *batch = (struct batch){.rows_count = count};
    batch->rows = mem_zero(count + 1, sizeof *batch->rows);
    batch->sessions = mem_zero(count + 1, sizeof *batch->sessions);
    batch->entries = mem_zero(count + 1, sizeof *batch->entries);
    batch->evidence = mem_zero(EVIDENCE_EACH * count + 1, sizeof *batch->evidence);
    batch->pieces = mem_zero(count + 1, sizeof *batch->pieces);
    if (!rows_read(batch, rows, now, why)) {
        batch_free(batch);
        return false;
    }
    qsort(batch->rows, count, sizeof *batch->rows, by_row);
    sessions_find(batch);
    batch_rewind(batch);
    return true;
}

void batch_rewind(struct batch *batch)
{
    for (size_t i = 0; i < batch->sessions_count; i++) {
        batch->sessions[i].state = credit_begin(&batch->rows[batch->sessions[i].first]);
        batch->sessions[i].stored = (struct batch_stored){0};
    }
}

void batch_free(struct batch *batch)
{
    free(batch->rows);
    free(batch->sessions);
    free(batch->entries);
    free(batch->evidence);
    free(batch->pieces);
    *batch = (struct batch){0};
}

/* The entry of a session's member and torrent: the newest one, or a new one behind it. */
static struct batch_entry *entry_of(struct batch *batch, const struct batch_session *session)
{
    struct batch_entry *last = &batch->entries[batch->entries_count];
    if (batch->entries_count > 0 && last[-1].user == session->user && last[-1].torrent == session->torrent)
        return &last[-1];
    *last = (struct batch_entry){.user = session->user, .torrent = session->torrent, .stored = session->stored};
    batch->entries_count++;
    return last;
}

static void entry_add(struct batch_entry *entry, const struct session_total *row)
{
    if (row->seen_at >= entry->seen_at) {
        entry->seen_at = row->seen_at;
        entry->left = row->left;
        entry->client = slice_of(row->peer_id.at, CLIENT_SIZE);
    }
    if ((row->flags & SESSION_COMPLETED) != 0 && entry->completed_at == 0)
        entry->completed_at = row->seen_at > 0 ? row->seen_at : 1;
}

/* What the time between two reports of a session was spent with. */
static void entry_spend(const struct batch *batch, struct batch_entry *entry, const struct credit_state *before,
                        const struct session_total *row)
{
    bool was_leeching = before->seen_at != 0 && before->left != 0;
    if ((was_leeching || row->left != 0) && row->seen_at > entry->leeched_at)
        entry->leeched_at = row->seen_at;
    if (batch->rules != NULL)
        seeding_add(&entry->seeded, seeding_between(batch->rules, before, row), &entry->seeded_ms);
}

static void gain_add(struct credit_gain *sum, const struct credit_gain *more)
{
    sum->up = credit_sum(sum->up, more->up);
    sum->down = credit_sum(sum->down, more->down);
}

/* Counts what a report gained by the factors that hold at its time. */
static void entry_credit(struct batch *batch, struct batch_entry *entry, const struct session_total *row,
                         const struct credit_gain *gain)
{
    if (gain->up == 0 && gain->down == 0)
        return;
    struct factor factor = factor_at(batch->factors, batch->factors_count, row->user, row->torrent, row->seen_at);
    struct credit_gain counted = {factor_of(gain->up, factor.up), factor_of(gain->down, factor.down)};
    gain_add(&entry->gain, gain);
    gain_add(&entry->counted, &counted);
    batch->pieces[batch->pieces_count++] = (struct batch_piece){.user = row->user,
                                                                .torrent = row->torrent,
                                                                .gain = *gain,
                                                                .counted = counted,
                                                                .factor = factor,
                                                                .at = row->seen_at};
}

static bool row_apply(struct batch *batch, struct batch_session *session, struct batch_entry *entry,
                      const struct session_total *row)
{
    struct credit_state before = session->state;
    struct credit_gain gain = {0};
    if (!credit_apply(&session->state, row, &gain))
        return false;
    entry_credit(batch, entry, row, &gain);
    entry_spend(batch, entry, &before, row);
    if (batch->rules != NULL)
        batch->evidence_count +=
            evidence_find(batch->rules, &before, row, &gain, &batch->evidence[batch->evidence_count]);
    return true;
}

/* Most reports are such: a seeder is still there. */
static bool session_stays(const struct credit_state *before, const struct credit_state *now)
{
    return before->seen_at != 0 && before->seen_at != now->seen_at && before->epoch == now->epoch &&
           before->up == now->up && before->down == now->down && before->left == 0 && now->left == 0 &&
           before->stopped == now->stopped;
}

/* Each moment counts once, however many clients seeded in it. */
static void entry_freshen(struct batch_entry *entry)
{
    int64_t until = entry->stored.seeded_until < entry->seeded.to ? entry->stored.seeded_until : entry->seeded.to;
    int64_t before = until > entry->seeded.from ? until - entry->seeded.from : 0;
    entry->fresh_ms = entry->seeded_ms > before ? entry->seeded_ms - before : 0;
}

size_t batch_apply(struct batch *batch)
{
    size_t news = 0;
    batch->entries_count = batch->evidence_count = batch->pieces_count = 0;
    for (size_t i = 0; i < batch->sessions_count; i++) {
        struct batch_session *session = &batch->sessions[i];
        struct batch_entry *entry = entry_of(batch, session);
        struct credit_state before = session->state;
        session->changed = false;
        for (size_t r = session->first; r < session->first + session->count; r++) {
            bool is_news = row_apply(batch, session, entry, &batch->rows[r]);
            entry_add(entry, &batch->rows[r]);
            session->changed = session->changed || is_news;
            news += is_news;
        }
        session->stays = session_stays(&before, &session->state);
        bool only_stays = session->stays && entry->leeched_at == 0;
        if (session->changed && !(only_stays && session->stored.accounting == BATCH_BACKUP))
            entry->changed = true;
    }
    for (size_t i = 0; i < batch->entries_count; i++)
        entry_freshen(&batch->entries[i]);
    return news;
}
