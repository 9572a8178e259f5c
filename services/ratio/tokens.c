/* Tokens: staff give them, their member uses one on a torrent, and what is downloaded of it does not count while it
 * holds: a factor of that member and torrent. */
#include "services/common/notices.h"
#include "services/ratio/once.h"
#include "services/ratio/ratio.h"
#include "services/ratio/rows.h"
#include "services/ratio/statements.h"

#include "services/common/clock.h"

#include <inttypes.h>
#include <stdio.h>

int64_t tokens_span;

static struct db *tokens_db;

/* ---- ratio.token.grant ---- */

static void tell_grant(struct once *once, uint64_t tokens)
{
    const struct ratio_token_grant *ask = once->ask;
    char text[500];
    struct notices notices = notices_take(bus_arena(once->request), 1);
    snprintf(text, sizeof text,
             "You got %" PRIu64
             " token%s%s%.*s. Use one on a torrent's page, and what you download of it does not count. "
             "You have %" PRIu64 " now.",
             ask->tokens, ask->tokens == 1 ? "" : "s", ask->note.size > 0 ? ": " : "", SLICE_ARGS(ask->note), tokens);
    notices_put(&notices, ask->user, NOTICE_tokens_granted, "You got tokens", text, clock_now());
    notices_add(once->tx, &notices);
}

static void on_granted(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct once *once = arg;
    struct fault none;
    if (why == NULL && db_count(rows) == 0) {
        fault_set(&none, STATUS_not_found, "user", "There is no such member.");
        once_fail(once, &none);
        return;
    }
    uint64_t tokens = why == NULL ? (uint64_t)db_get_int(rows, 0, 0) : 0;
    if (why == NULL)
        tell_grant(once, tokens);
    once_reply(once, &(struct ratio_token_grant_reply){.tokens = tokens});
}

const struct statement tokens_grant = {
    .name = "tokens_grant",
    .sql =
        "INSERT INTO ratio.token_balance AS old (user_id, tokens)"
        " SELECT user_id, $2 FROM ratio.member WHERE user_id = $1"
        " ON CONFLICT (user_id) DO UPDATE SET tokens = ratio.add_counts(old.tokens, excluded.tokens) RETURNING tokens"};

static void grant(struct once *once)
{
    const struct ratio_token_grant *ask = once->ask;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->user), (int64_t)ask->tokens);
    db_tx_ask(once->tx, &tokens_grant, args, on_granted, once);
}

static void on_token_grant(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_token_grant *ask = message;
    once_begin(request, ask->key, true, grant, ask, notices_published);
}

/* ---- ratio.token.use ---- */

static void on_spent(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct once *once = arg;
    struct ratio_token_use_reply reply = {.ends_at = 1};
    if (why == NULL) { /* else the commit tells it */
        reply.tokens = (uint64_t)db_get_int(rows, 0, 0);
        reply.ends_at = db_get_time(rows, 0, 1);
    }
    once_reply(once, &reply);
}

const struct statement tokens_spend = {
    .name = "tokens_spend",
    .sql = "WITH spent AS (UPDATE ratio.token_balance SET tokens = tokens - 1 WHERE user_id = $1 RETURNING tokens),"
           " used AS (INSERT INTO ratio.factor (kind, user_id, torrent_id, upload, download, starts_at, ends_at, title,"
           " set_by) SELECT 'token', $1, $2, 100, 0, $3::timestamptz, $4::timestamptz, '', $1 FROM spent"
           " RETURNING ends_at)"
           " SELECT tokens, ends_at FROM spent, used"};

static bool may_use(const struct db_rows *rows, struct fault *why)
{
    if (db_count(rows) == 0 || !slice_is(db_get_text(rows, 0, 1), "ratio") || !db_get_flag(rows, 0, 2))
        return fault_set(why, STATUS_not_found, "torrent", "There is no such torrent whose downloads count.");
    if (db_get_flag(rows, 0, 3))
        return fault_set(why, STATUS_conflict, "torrent", "You use a token on that torrent already.");
    if (db_get_int(rows, 0, 0) == 0)
        return fault_set(why, STATUS_forbidden, NULL, "You have no token left.");
    return true;
}

static void on_looked(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct once *once = arg;
    const struct ratio_token_use *ask = once->ask;
    struct fault refused;
    int64_t now = clock_now();
    if (why != NULL || !may_use(rows, &refused)) {
        once_fail(once, why != NULL ? why : &refused);
        return;
    }
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->user), (int64_t)ask->torrent);
    args = db_time(db_time(args, now), now + tokens_span);
    db_tx_ask(once->tx, &tokens_spend, args, on_spent, once);
}

/* Two requests of one member wait for each other here, so that the second finds what the first has used. */
const struct statement tokens_lock = {.name = "tokens_lock",
                                      .sql = "SELECT FROM ratio.token_balance WHERE user_id = $1 FOR UPDATE"};

const struct statement tokens_find = {
    .name = "tokens_find",
    .sql = "SELECT coalesce(b.tokens, 0), t.accounting, t.active,"
           " EXISTS (SELECT FROM ratio.factor f WHERE f.torrent_id = t.torrent_id AND f.user_id = $1"
           " AND f.ends_at > $3::timestamptz)"
           " FROM ratio.torrent t LEFT JOIN ratio.token_balance b ON b.user_id = $1 WHERE t.torrent_id = $2"};

static void spend(struct once *once)
{
    const struct ratio_token_use *ask = once->ask;
    db_tx_ask(once->tx, &tokens_lock, db_int(db_args(), (int64_t)ask->user), NULL, NULL);
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->user), (int64_t)ask->torrent);
    db_tx_ask(once->tx, &tokens_find, db_time(args, clock_now()), on_looked, once);
}

static void on_token_use(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_token_use *ask = message;
    struct fault why;
    if (bus_actor(request) != 0 && bus_actor(request) != ask->user) {
        fault_set(&why, STATUS_forbidden, "user", "Each member uses the own tokens alone.");
        bus_fail(request, &why);
        return;
    }
    once_begin(request, ask->key, false, spend, ask, NULL);
}

/* ---- ratio.token.list ---- */

struct asking {
    struct bus_request *request;
    uint64_t user, tokens;
};

static void pack_token(const struct db_rows *rows, size_t i, msgpack_packer *packer)
{
    struct token_row row = {
        .torrent = (uint64_t)db_get_int(rows, i, 0),
        .starts_at = db_get_time(rows, i, 1),
        .ends_at = db_get_time(rows, i, 2),
    };
    row_pack(&token_row_row, &row, packer);
}

static void on_used(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    struct ratio_token_list_reply reply = {.tokens = asking->tokens};
    if (why != NULL)
        bus_fail(asking->request, why);
    else
        rows_reply(asking->request, rows, pack_token, &reply.used, &reply);
}

const struct statement tokens_used = {
    .name = "tokens_used",
    .sql = "SELECT torrent_id, starts_at, ends_at FROM ratio.factor WHERE kind = 'token' AND user_id = $1"
           " AND ends_at > $2::timestamptz ORDER BY factor_id DESC LIMIT 100"};

static void on_balance(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    if (why != NULL) {
        bus_fail(asking->request, why);
        return;
    }
    asking->tokens = db_count(rows) == 1 ? (uint64_t)db_get_int(rows, 0, 0) : 0;
    struct db_args *args = db_time(db_int(db_args(), (int64_t)asking->user), clock_now());
    db_ask(tokens_db, &tokens_used, args, on_used, asking);
}

const struct statement tokens_balance = {.name = "tokens_balance",
                                         .sql = "SELECT tokens FROM ratio.token_balance WHERE user_id = $1"};

static void on_token_list(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_token_list *ask = message;
    struct asking *asking = arena_take(bus_arena(request), sizeof *asking);
    *asking = (struct asking){.request = request, .user = ask->user};
    db_ask(tokens_db, &tokens_balance, db_int(db_args(), (int64_t)ask->user), on_balance, asking);
}

void tokens_serve(struct bus *bus, struct db *db)
{
    tokens_db = db;
    bus_serve(bus, NULL, &ratio_token_grant_message, on_token_grant, NULL);
    bus_serve(bus, NULL, &ratio_token_use_message, on_token_use, NULL);
    bus_serve(bus, NULL, &ratio_token_list_message, on_token_list, NULL);
}
