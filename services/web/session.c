/* The table knows a session by the hash of its secret. Its expiry slides: it is moved on when the session is used, but
 * written at most once in ten minutes, so that a page costs a read. */
#include "services/web/session.h"

#include "services/common/encode.h"
#include "services/web/statements.h"
#include "services/web/web.h"

#include <stdlib.h>

#define TOUCH_MS INT64_C(600000) /* ten minutes */
#define AGENT_MAX 200

void session_make(struct session_new *into, const char *address, struct slice agent, int64_t now)
{
    secret_make(&into->secret);
    into->expires_at = now + WEB_SESSION_MS;
    into->address = address;
    into->agent = agent;
}

const struct statement session_add = {
    "session_add", "INSERT INTO web.session (hash, member, expires_at, address, agent) VALUES ($1, $2, $3, $4, $5)"};

struct db_args *session_args(const struct session_new *session, uint64_t member)
{
    struct slice agent = session->agent;
    if (agent.size > AGENT_MAX)
        agent.size = AGENT_MAX;
    if (!utf8_valid(agent))
        agent.size = 0;
    struct db_args *args = db_bytes(db_args(), slice_of(session->secret.hash, HASH_SIZE));
    args = db_time(db_int(args, (int64_t)member), session->expires_at);
    return db_text(db_text(args, slice_text(session->address)), agent);
}

struct opening {
    session_opened_fn *opened;
    void *arg;
};

static void on_opened(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct opening opening = *(struct opening *)arg;
    (void)rows;
    free(arg);
    opening.opened(opening.arg, why);
}

void session_open(const struct session_new *session, uint64_t member, session_opened_fn *opened, void *arg)
{
    struct opening *opening = mem_take(sizeof *opening);
    *opening = (struct opening){opened, arg};
    db_ask(service_db(), &session_add, session_args(session, member), on_opened, opening);
}

struct look {
    session_found_fn *found;
    void *arg;
    int64_t now;
};

const struct statement session_touch = {"session_touch",
                                        "UPDATE web.session SET seen_at = now(), expires_at = $2 WHERE id = $1"};

static void on_looked(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct look look = *(struct look *)arg;
    free(arg);
    if (rows == NULL || db_count(rows) == 0) {
        look.found(look.arg, &(struct session_found){0}, why);
        return;
    }
    struct member member;
    member_read(rows, 0, &member);
    struct inbox_state inbox;
    int64_t id = db_get_int(rows, 0, MEMBER_COLUMNS_COUNT);
    inbox_state_read(rows, 0, MEMBER_COLUMNS_COUNT + 2, &inbox);
    bool stale = db_get_time(rows, 0, MEMBER_COLUMNS_COUNT + 1) + TOUCH_MS < look.now;
    if (stale)
        db_ask(service_db(), &session_touch, db_time(db_int(db_args(), id), look.now + WEB_SESSION_MS), NULL, NULL);
    look.found(look.arg, &(struct session_found){&member, (uint64_t)id, stale, inbox}, NULL);
}

const struct statement session_find = {"session_find",
                                       "SELECT " MEMBER_COLUMNS ", s.id, s.seen_at, " INBOX_COLUMNS
                                       " FROM web.session s JOIN web.member m ON m.id = s.member" INBOX_JOIN
                                       " WHERE s.hash = $1 AND s.expires_at > now() AND m.standing = 'active'"};

void session_look(const struct secret *secret, int64_t now, session_found_fn *found, void *arg)
{
    struct look *look = mem_take(sizeof *look);
    *look = (struct look){found, arg, now};
    db_ask(service_db(), &session_find, db_bytes(db_args(), slice_of(secret->hash, HASH_SIZE)), on_looked, look);
}

const struct statement session_drop = {"session_drop", "DELETE FROM web.session WHERE hash = $1"};

void session_end(const struct secret *secret, db_done_fn *done, void *arg)
{
    db_ask(service_db(), &session_drop, db_bytes(db_args(), slice_of(secret->hash, HASH_SIZE)), done, arg);
}

const struct statement session_clean = {"session_clean", "DELETE FROM web.session WHERE expires_at < now()"};

void session_sweep(void)
{
    db_ask(service_db(), &session_clean, db_args(), NULL, NULL);
}

const struct statement session_list = {"session_list",
                                       "SELECT id, created_at, seen_at, address, agent FROM web.session"
                                       " WHERE member = $1 AND expires_at > now() ORDER BY seen_at DESC LIMIT 100"};

const struct statement session_revoke = {"session_revoke", "DELETE FROM web.session WHERE member = $1 AND id = $2"};

const struct statement session_revoke_others = {"session_revoke_others",
                                                "DELETE FROM web.session WHERE member = $1 AND id <> $2"};
