/* An invitation is a secret link, known to the table by its hash, good once and for seven days. */
#include "services/web/invite.h"

#include "services/web/statements.h"

#include <stdio.h>
#include <stdlib.h>

void invite_link(const struct secret *secret, char into[WEB_URL_MAX])
{
    snprintf(into, WEB_URL_MAX, "%s/sign-up?code=%s", web.url, secret->text);
}

struct making {
    invite_made_fn *made;
    void *arg;
};

static struct making *making_new(invite_made_fn *made, void *arg)
{
    struct making *making = mem_take(sizeof *making);
    *making = (struct making){made, arg};
    return making;
}

static void on_made(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct making making = *(struct making *)arg;
    free(arg);
    making.made(making.arg, rows != NULL && db_count(rows) > 0 ? db_get_time(rows, 0, 0) : 0, why);
}

const struct statement invite_add = {
    "invite_add",
    "WITH paid AS (UPDATE web.member SET invites = CASE WHEN class = 'administrator' THEN invites ELSE invites - 1 END"
    "              WHERE id = $2 AND standing = 'active' AND (invites > 0 OR class = 'administrator')"
    "              RETURNING id)"
    " INSERT INTO web.invite (hash, class, made_by, expires_at) SELECT $1::bytea, 'member', id, $3::timestamptz FROM "
    "paid"
    " RETURNING expires_at"};

void invite_make(const struct secret *secret, uint64_t member, int64_t now, invite_made_fn *made, void *arg)
{
    struct db_args *args = db_int(db_bytes(db_args(), slice_of(secret->hash, HASH_SIZE)), (int64_t)member);
    db_ask(service_db(), &invite_add, db_time(args, now + WEB_INVITE_MS), on_made, making_new(made, arg));
}

const struct statement invite_add_operator = {
    "invite_add_operator",
    "INSERT INTO web.invite AS i (hash, class, expires_at)"
    " SELECT $1::bytea, CASE WHEN $2 <> '' THEN $2"
    "                 WHEN EXISTS (SELECT FROM web.member WHERE class = 'administrator') THEN 'member'"
    "                 ELSE 'administrator' END, $3::timestamptz"
    " ON CONFLICT (hash) DO UPDATE SET expires_at = i.expires_at RETURNING expires_at"};

void invite_make_operator(const struct secret *secret, struct slice class_name, int64_t now, invite_made_fn *made,
                          void *arg)
{
    struct db_args *args = db_text(db_bytes(db_args(), slice_of(secret->hash, HASH_SIZE)), class_name);
    db_ask(service_db(), &invite_add_operator, db_time(args, now + WEB_INVITE_MS), on_made, making_new(made, arg));
}

const struct statement invite_list = {
    "invite_list",
    "SELECT i.id, i.class, i.created_at, i.expires_at, i.used_at IS NOT NULL, coalesce(m.name, ''),"
    " i.expires_at <= now(), coalesce(i.used_by, 0) FROM web.invite i LEFT JOIN web.member m ON m.id = i.used_by"
    " WHERE i.made_by = $1 ORDER BY i.id DESC LIMIT 200"};
