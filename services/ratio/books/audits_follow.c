#include "services/ratio/books/audits.h"

#include "services/common/encode.h"
#include "services/ratio/audit_plan.h"
#include "services/ratio/statements.h"

#include <stdlib.h>

/* What a posting did to one copy in the end. */
struct followed {
    int64_t user, version;
    size_t number;
    bool came, fetched; /* it came to be held: was it seen fetched before? */
    bool went;
};

static bool is_held(const char *state)
{
    return strcmp(state, "held") == 0 || strcmp(state, "stale") == 0;
}

static int by_copy(const void *left, const void *right)
{
    const struct followed *a = left, *b = right;
    if (a->user != b->user)
        return (a->user > b->user) - (a->user < b->user);
    if (a->version != b->version)
        return (a->version > b->version) - (a->version < b->version);
    return (a->number > b->number) - (a->number < b->number);
}

/* Of each copy the last change; returns how many. */
static size_t gather(const struct effects *effects, struct followed *into)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < effects->rows_count; i++) {
        const struct effect *effect = &effects->rows[i];
        bool before = is_held(effect->state_before), after = is_held(effect->state_after);
        if (strcmp(effect->what, "copy") != 0 || before == after)
            continue;
        into[count] = (struct followed){.user = effect->user,
                                        .version = effect->version,
                                        .number = count,
                                        .came = after,
                                        .went = before,
                                        .fetched = strcmp(effect->state_before, "fetching") == 0};
        count++;
    }
    qsort(into, count, sizeof *into, by_copy);
    for (size_t i = 0; i < count; i++) {
        bool again = kept > 0 && into[kept - 1].user == into[i].user && into[kept - 1].version == into[i].version;
        kept -= again;
        into[kept++] = into[i];
    }
    return kept;
}

const struct statement audits_forget = {
    .name = "audits_forget",
    .sql = "DELETE FROM ratio.audit a USING unnest($1::bigint[], $2::bigint[]) AS n(user_id, version_id)"
           " WHERE (a.user_id, a.version_id) = (n.user_id, n.version_id)"};

/* Whoever fetched a copy has reported most of its size as downloaded (2.10). */
const struct statement audits_add = {
    .name = "audits_add",
    .sql = "INSERT INTO ratio.audit AS old (user_id, version_id, held_at, due_at, reason)"
           " SELECT user_id, version_id, $5::timestamptz, CASE WHEN doubtful THEN $5::timestamptz ELSE due_at END,"
           " CASE WHEN doubtful THEN 'doubtful' ELSE reason END FROM (SELECT n.*,"
           " coalesce(m.downloaded, 0)::numeric * 100 < t.size::numeric * 95 AS doubtful"
           " FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[])"
           " AS n(user_id, version_id, due_at, reason) JOIN ratio.torrent t ON t.torrent_id = n.version_id"
           " LEFT JOIN ratio.member_torrent m ON (m.user_id, m.torrent_id) = (n.user_id, n.version_id)) n"
           " ON CONFLICT (user_id, version_id) DO UPDATE SET audit_id = 0, leased_until = to_timestamp(0),"
           " due_at = excluded.due_at, reason = excluded.reason, held_at = excluded.held_at,"
           " refused_at = to_timestamp(0), unreachable_since = to_timestamp(0), piece = -1, suspects = 0,"
           " told = false, inward = false"};

static void forget(struct posting *posting, const struct followed *copies, size_t count, int64_t *numbers)
{
    size_t went = 0;
    for (size_t i = 0; i < count; i++)
        if (copies[i].went) {
            numbers[went] = copies[i].user;
            numbers[count + went++] = copies[i].version;
        }
    if (went > 0)
        db_tx_ask(posting->tx, &audits_forget, db_ints(db_ints(db_args(), numbers, went), numbers + count, went), NULL,
                  NULL);
}

static void add(struct posting *posting, const struct followed *copies, size_t count, int64_t *numbers)
{
    struct slice *reasons = arena_take(posting->arena, (count + 1) * sizeof *reasons);
    size_t came = 0;
    for (size_t i = 0; i < count; i++) {
        if (!copies[i].came)
            continue;
        uint64_t random;
        random_bytes(&random, sizeof random);
        struct audit_plan plan = audit_first(!copies[i].fetched, posting->now, random);
        numbers[came] = copies[i].user;
        numbers[count + came] = copies[i].version;
        numbers[2 * count + came] = plan.due_at;
        reasons[came++] = slice_text(audit_reason_names[plan.reason]);
    }
    if (came == 0)
        return;
    struct db_args *args = db_ints(db_ints(db_args(), numbers, came), numbers + count, came);
    args = db_texts(db_times(args, numbers + 2 * count, came), reasons, came);
    db_tx_ask(posting->tx, &audits_add, db_time(args, posting->now), NULL, NULL);
}

void audits_follow(struct posting *posting)
{
    const struct effects *effects = &posting->effects;
    if (!book.set.auditor || effects->rows_count == 0)
        return;
    struct followed *copies = mem_take(effects->rows_count * sizeof *copies);
    size_t count = gather(effects, copies);
    if (count > 0) {
        int64_t *numbers = mem_take(3 * count * sizeof *numbers);
        forget(posting, copies, count, numbers);
        add(posting, copies, count, numbers);
        free(numbers);
    }
    free(copies);
}
