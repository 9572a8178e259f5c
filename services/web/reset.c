/* See reset.h. A link is known to the table by its hash, as an invitation is. */
#include "services/web/reset.h"

#include "services/common/clock.h"
#include "services/common/log.h"
#include "services/web/statements.h"
#include "services/web/web.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RESET_MS (30LL * 24 * 3600 * 1000)

/* ---- web.member.reset ---- */

struct reset {
    struct bus_request *request;
    struct secret secret;
};

static void on_made(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct reset *reset = arg;
    struct fault none;
    char link[WEB_URL_MAX];
    if (why != NULL || db_count(rows) == 0) {
        fault_set(&none, STATUS_not_found, "name", "Nobody here is called that.");
        bus_fail(reset->request, why != NULL ? why : &none);
        return;
    }
    snprintf(link, sizeof link, "%s/reset?code=%s", web.url, reset->secret.text);
    log_info("reset link made", "user=%" PRId64, db_get_int(rows, 0, 1));
    bus_reply(reset->request,
              &(struct web_member_reset_reply){.link = slice_text(link), .expires_at = db_get_time(rows, 0, 0)});
}

/* The same secret again is the same request again. */
const struct statement reset_add = {
    "reset_add", "INSERT INTO web.reset AS r (member, hash, expires_at)"
                 " SELECT m.id, $1::bytea, $2::timestamptz FROM web.member m"
                 " WHERE CASE WHEN $3 <> '' THEN m.name_key = $3 ELSE m.id = $4 END"
                 " ON CONFLICT (member) DO UPDATE SET hash = excluded.hash,"
                 " expires_at = CASE WHEN r.hash = excluded.hash THEN r.expires_at ELSE excluded.expires_at END"
                 " RETURNING expires_at, member"};

static void on_reset(struct bus_request *request, const void *body, void *arg)
{
    const struct web_member_reset *ask = body;
    struct fault why;
    char key[ACCOUNT_NAME_MAX + 1];
    (void)arg;
    if (bus_actor(request) != 0) {
        fault_set(&why, STATUS_forbidden, NULL, "Only the operator makes such links.");
        bus_fail(request, &why);
        return;
    }
    struct reset *reset = arena_take(bus_arena(request), sizeof *reset);
    reset->request = request;
    secret_derive(ask->key, "reset", &reset->secret);
    account_name_key(ask->name, key);
    struct db_args *args = db_bytes(db_args(), slice_of(reset->secret.hash, HASH_SIZE));
    args = db_text(db_time(args, clock_now() + RESET_MS), slice_text(key));
    db_ask(service_db(), &reset_add, db_int(args, (int64_t)ask->user), on_made, reset);
}

void reset_serve(void)
{
    bus_serve(service_bus(), NULL, &web_member_reset_message, on_reset, NULL);
}

/* ---- whose it is ---- */

struct find {
    member_found_fn *found;
    void *arg;
};

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct find find = *(struct find *)arg;
    struct member member;
    bool there = rows != NULL && db_count(rows) > 0;
    free(arg);
    if (there)
        member_read(rows, 0, &member);
    find.found(find.arg, there ? &member : NULL, slice_text(NULL), why);
}

const struct statement reset_look = {"reset_look",
                                     "SELECT " MEMBER_COLUMNS " FROM web.reset r JOIN web.member m ON m.id = r.member"
                                     " WHERE r.hash = $1 AND r.expires_at > now()"};

void reset_find(const struct secret *secret, member_found_fn *found, void *arg)
{
    struct find *find = mem_take(sizeof *find);
    *find = (struct find){found, arg};
    db_ask(service_db(), &reset_look, db_bytes(db_args(), slice_of(secret->hash, HASH_SIZE)), on_found, find);
}

/* ---- using it up ---- */

struct use {
    struct db_tx *tx;
    const char *address;
    reset_done_fn *done;
    void *arg;
};

static void use_end(struct use *use, const struct fault *why)
{
    struct use ended = *use;
    free(use);
    ended.done(ended.arg, why);
}

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    (void)uncertain;
    use_end(arg, why);
}

static void on_used(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct use *use = arg;
    struct fault gone;
    if (why != NULL || db_count(rows) == 0) {
        fault_set(&gone, STATUS_forbidden, NULL, "This link was used already or is too old: ask for a new one.");
        db_rollback(use->tx);
        use_end(use, why != NULL ? why : &gone);
        return;
    }
    int64_t member = db_get_int(rows, 0, 0);
    db_tx_ask(use->tx, &session_revoke_others, db_int(db_int(db_args(), member), 0), NULL, NULL);
    member_note(use->tx, (uint64_t)member, "password set by link", use->address);
    db_commit(use->tx, on_committed, use);
}

const struct statement reset_used = {
    "reset_used", "WITH used AS (DELETE FROM web.reset WHERE hash = $1 AND expires_at > now() RETURNING member)"
                  " UPDATE web.member m SET password = $2 FROM used WHERE m.id = used.member RETURNING m.id"};

void reset_use(const struct secret *secret, const char *stored, const char *address, reset_done_fn *done, void *arg)
{
    struct use *use = mem_take(sizeof *use);
    *use = (struct use){.tx = db_begin(service_db()), .address = address, .done = done, .arg = arg};
    struct db_args *args = db_bytes(db_args(), slice_of(secret->hash, HASH_SIZE));
    db_tx_ask(use->tx, &reset_used, db_text(args, slice_text(stored)), on_used, use);
}
