/* A posting as SQL. Everything is asked again, just so, when a commit did not happen. */
#include "services/ratio/books/audits.h"
#include "services/ratio/books/tell.h"

#include "services/common/feed.h"
#include "services/ratio/statements.h"

#include <assert.h>
#include <stdlib.h>

enum { REASON_MOST = 63 }; /* bytes of slot_fact.reason */

struct storing {
    struct posting *posting;
    db_commit_fn *done;
};

const struct statement book_add_events = {
    .name = "book_add_events",
    .sql = "INSERT INTO ratio.book_event (seq, at, kind, user_id, backup_id, version_id, amount, other, packed)"
           " SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::bigint[], $5::bigint[],"
           " $6::bigint[], $7::bigint[], $8::bigint[], $9::bytea[])"};

static void store_events(struct posting *posting)
{
    size_t count = posting->rows_count;
    int64_t *numbers = mem_take(7 * count * sizeof *numbers);
    struct slice *texts = mem_take(2 * count * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        const struct book_row *row = &posting->rows[i];
        const int64_t columns[] = {row->seq, row->at, row->user, row->backup, row->version, row->amount, row->other};
        for (size_t n = 0; n < 7; n++)
            numbers[n * count + i] = columns[n];
        texts[i] = row->kind;
        texts[count + i] = row->packed;
    }
    struct db_args *args = db_times(db_ints(db_args(), numbers, count), numbers + count, count);
    args = db_texts(args, texts, count);
    for (size_t n = 2; n < 7; n++)
        args = db_ints(args, numbers + n * count, count);
    db_tx_ask(posting->tx, &book_add_events, db_blobs(args, texts + count, count), NULL, NULL);
    free(numbers);
    free(texts);
}

const struct statement book_add_effects = {
    .name = "book_add_effects",
    .sql = "INSERT INTO ratio.book_effect (seq, at, user_id, version_id, backup_id, before, after, cause, what,"
           " state_before, state_after) SELECT seq, at, user_id, version_id, backup_id, before, after, cause, what,"
           " state_before, state_after FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[],"
           " $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[])"
           " WITH ORDINALITY AS n(seq, at, user_id, version_id, backup_id, before, after, cause, what, state_before,"
           " state_after, number) ORDER BY number"};

static void store_effects(struct posting *posting)
{
    size_t count = posting->effects.rows_count;
    if (count == 0)
        return;
    int64_t *numbers = mem_take(7 * count * sizeof *numbers);
    struct slice *texts = mem_take(4 * count * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        const struct effect *row = &posting->effects.rows[i];
        const int64_t columns[] = {row->seq, row->at, row->user, row->version, row->backup, row->before, row->after};
        const char *const words[] = {row->cause, row->what, row->state_before, row->state_after};
        for (size_t n = 0; n < 7; n++)
            numbers[n * count + i] = columns[n];
        for (size_t n = 0; n < 4; n++)
            texts[n * count + i] = slice_text(words[n]);
    }
    struct db_args *args = db_times(db_ints(db_args(), numbers, count), numbers + count, count);
    for (size_t n = 2; n < 7; n++)
        args = db_ints(args, numbers + n * count, count);
    for (size_t n = 0; n < 4; n++)
        args = db_texts(args, texts + n * count, count);
    db_tx_ask(posting->tx, &book_add_effects, args, NULL, NULL);
    free(numbers);
    free(texts);
}

const struct statement book_inbox_done = {.name = "book_inbox_done",
                                          .sql = "DELETE FROM ratio.book_inbox WHERE id = ANY($1::bigint[])"};

static void store_inbox(struct posting *posting)
{
    if (posting->incoming_count == 0)
        return;
    int64_t *ids = mem_take(posting->incoming_count * sizeof *ids);
    for (size_t i = 0; i < posting->incoming_count; i++)
        ids[i] = posting->incoming[i].id;
    db_tx_ask(posting->tx, &book_inbox_done, db_ints(db_args(), ids, posting->incoming_count), NULL, NULL);
    free(ids);
}

const struct statement book_refuse = {
    .name = "book_refuse",
    .sql = "UPDATE ratio.torrent t SET refused = n.why FROM unnest($1::bigint[], $2::text[]) AS n(torrent_id, why)"
           " WHERE t.torrent_id = n.torrent_id AND t.refused <> n.why"};

static void store_refusals(struct posting *posting)
{
    if (posting->refused_count == 0)
        return;
    struct db_args *args = db_ints(db_args(), posting->refused, posting->refused_count);
    db_tx_ask(posting->tx, &book_refuse, db_texts(args, posting->refused_why, posting->refused_count), NULL, NULL);
}

static void store_replies(struct posting *posting)
{
    for (struct command *command = posting->commands; command != NULL; command = command->next) {
        if (command->kept || command->why.status != STATUS_ok)
            continue;
        if (command->key.size > 0)
            kept_add(book.kept, posting->tx, command->key, command->packed);
        if (command->store != NULL)
            command->store(command, posting->tx);
    }
}

const struct statement book_reason_add = {
    .name = "book_reason_add", .sql = "INSERT INTO ratio.book_reason (seq, said_by, reason) VALUES ($1, $2, $3)"};

static void store_reasons(struct posting *posting)
{
    for (const struct command *command = posting->commands; command != NULL; command = command->next) {
        if (command->reason.size == 0 || command->seq == 0)
            continue;
        struct db_args *args = db_int(db_int(db_args(), command->seq), (int64_t)bus_actor(command->request));
        db_tx_ask(posting->tx, &book_reason_add, db_text(args, command->reason), NULL, NULL);
    }
}

/* ---- what the tracker may allow ---- */

static int by_pair(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    if (a->user != b->user)
        return (a->user > b->user) - (a->user < b->user);
    return (a->version > b->version) - (a->version < b->version);
}

/* Each pair once, in the order in which every replica locks their rows. */
static void pairs_sort(struct effects *effects)
{
    size_t kept = 0;
    if (effects->pairs_count > 1)
        qsort(effects->pairs, effects->pairs_count, sizeof *effects->pairs, by_pair);
    for (size_t i = 0; i < effects->pairs_count; i++)
        if (kept == 0 || by_pair(&effects->pairs[kept - 1], &effects->pairs[i]) != 0)
            effects->pairs[kept++] = effects->pairs[i];
    effects->pairs_count = kept;
}

static const char *const allow_names[] = {
    [RULES_DENY] = "deny", [RULES_ALLOW_OWNER] = "owner", [RULES_ALLOW_SLOT] = "slot", [RULES_ALLOW_SPARE] = "spare"};

const struct statement book_slots_set = {
    .name = "book_slots_set",
    .sql = "INSERT INTO ratio.book_slot AS old (user_id, version_id, verdict, reason)"
           " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])"
           " ON CONFLICT (user_id, version_id) DO UPDATE SET verdict = excluded.verdict, reason = excluded.reason"
           " WHERE (old.verdict, old.reason) IS DISTINCT FROM (excluded.verdict, excluded.reason)"
           " RETURNING key, user_id, version_id, verdict, reason"};

const struct statement book_slots_tell = {
    .name = "book_slots_tell",
    .sql = "SELECT ratio.feed_add('ratio.slots', key, fact) FROM unnest($1::bigint[], $2::bytea[]) AS n(key, fact)"};

const struct statement book_move = {
    .name = "book_move",
    .sql = "UPDATE ratio.book SET seq = $1, at = $2, token = $3, ticked_at = $4, heard_at = $5, down_since = $6,"
           " down_why = $7 WHERE id = 1"};

static void move(struct storing *storing)
{
    struct posting *posting = storing->posting;
    const struct head *after = &posting->after;
    struct db_args *args =
        db_bytes(db_time(db_int(db_args(), after->seq), after->at), slice_of(after->token, TOKEN_SIZE));
    args = db_time(db_time(args, after->ticked_at), after->heard_at);
    args = after->down_since == 0 ? db_null(args) : db_time(args, after->down_since);
    db_tx_ask(posting->tx, &book_move, db_text(args, slice_text(after->down_why)), NULL, NULL);
    db_commit(posting->tx, storing->done, posting);
    free(storing);
}

static void tell(struct posting *posting, const struct db_rows *rows)
{
    size_t count = db_count(rows);
    int64_t *keys = mem_take((count + 1) * sizeof *keys);
    struct slice *facts = mem_take((count + 1) * sizeof *facts);
    for (size_t i = 0; i < count; i++) {
        struct slot_fact fact = {
            .key = (uint64_t)db_get_int(rows, i, 0),
            .user = (uint64_t)db_get_int(rows, i, 1),
            .torrent = (uint64_t)db_get_int(rows, i, 2),
            .verdict = db_get_text(rows, i, 3),
            .reason = db_get_text(rows, i, 4),
            .active = true,
        };
        keys[i] = (int64_t)fact.key;
        facts[i] = feed_packed(posting->arena, &slot_fact_row, &fact);
    }
    if (count > 0)
        db_tx_ask(posting->tx, &book_slots_tell, db_blobs(db_ints(db_args(), keys, count), facts, count), NULL, NULL);
    free(keys);
    free(facts);
}

static void on_slots(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct storing *storing = arg;
    if (why == NULL)
        tell(storing->posting, rows);
    move(storing);
}

/* A slot that is merely open is nobody's: it is told of when it is given. */
static struct rules_verdict verdict_on(const struct pair *pair)
{
    struct rules_verdict verdict = {.allow = RULES_DENY};
    struct rules_copy copy = {.state = RULES_NO_COPY};
    rules_verdict(book.rules, pair->user, pair->version, 1, &verdict, NULL);
    rules_copy(book.rules, pair->user, pair->version, &copy, NULL);
    bool has_copy = copy.state >= RULES_OFFERED && copy.state <= RULES_STALE;
    return verdict.allow == RULES_ALLOW_SLOT && !has_copy ? (struct rules_verdict){.allow = RULES_DENY} : verdict;
}

static void store_slots(struct storing *storing)
{
    struct posting *posting = storing->posting;
    struct effects *effects = &posting->effects;
    pairs_sort(effects);
    size_t count = effects->pairs_count;
    int64_t *numbers = mem_take((2 * count + 1) * sizeof *numbers);
    struct slice *texts = mem_take((2 * count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        struct rules_verdict verdict = verdict_on(&effects->pairs[i]);
        numbers[i] = effects->pairs[i].user;
        numbers[count + i] = effects->pairs[i].version;
        texts[i] = slice_text(allow_names[verdict.allow]);
        struct slice reason = slice_text(verdict.allow == RULES_DENY ? verdict.reason : "");
        reason.size = reason.size > REASON_MOST ? REASON_MOST : reason.size;
        texts[count + i] = arena_copy(posting->arena, reason);
    }
    struct db_args *args = db_ints(db_ints(db_args(), numbers, count), numbers + count, count);
    args = db_texts(db_texts(args, texts, count), texts + count, count);
    db_tx_ask(posting->tx, &book_slots_set, args, on_slots, storing);
    free(numbers);
    free(texts);
}

/* ---- what the catalog is to delete ---- */

const struct statement book_retired_tell = {
    .name = "book_retired_tell",
    .sql = "SELECT ratio.feed_add('ratio.retired', version, fact) FROM unnest($1::bigint[], $2::bytea[])"
           " WITH ORDINALITY AS n(version, fact, number) ORDER BY number"};

static void store_retired(struct posting *posting)
{
    const struct effects *effects = &posting->effects;
    int64_t *versions = mem_take((effects->rows_count + 1) * sizeof *versions);
    struct slice *facts = mem_take((effects->rows_count + 1) * sizeof *facts);
    size_t count = 0;
    for (size_t i = 0; i < effects->rows_count; i++) {
        const struct effect *row = &effects->rows[i];
        struct rules_placing placing;
        if (strcmp(row->what, "retired") != 0 || !rules_placing(book.rules, row->version, &placing))
            continue;
        struct retired_fact fact = {.version = (uint64_t)row->version, .backup = (uint64_t)placing.backup};
        versions[count] = row->version;
        facts[count++] = feed_packed(posting->arena, &retired_fact_row, &fact);
    }
    posting->retires = count > 0;
    if (count > 0)
        db_tx_ask(posting->tx, &book_retired_tell, db_blobs(db_ints(db_args(), versions, count), facts, count), NULL,
                  NULL);
    free(versions);
    free(facts);
}

/* What takes the locks of feeds. */
static void store_last(void *arg)
{
    struct storing *storing = arg;
    store_retired(storing->posting);
    if (storing->posting->effects.pairs_count > 0)
        store_slots(storing);
    else
        move(storing);
}

void store_all(struct posting *posting, db_commit_fn *done)
{
    struct storing *storing = mem_zero(1, sizeof *storing);
    *storing = (struct storing){.posting = posting, .done = done};
    store_events(posting);
    store_effects(posting);
    store_inbox(posting);
    store_refusals(posting);
    store_replies(posting);
    store_reasons(posting);
    audits_follow(posting);
    tell_members(posting, store_last, storing);
}
