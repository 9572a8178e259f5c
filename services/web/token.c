/* The table knows a token by its hash; when it was last used is written at most once in ten minutes. */
#include "services/web/token.h"

#include "services/web/form.h"
#include "services/web/statements.h"
#include "services/web/web.h"

#include <stdlib.h>
#include <strings.h>

const struct statement token_add = {"token_add", "INSERT INTO web.token (hash, member, name) VALUES ($1, $2, $3)"};

struct db_args *token_args(const struct secret *secret, uint64_t member, struct slice name)
{
    return db_text(db_int(db_bytes(db_args(), slice_of(secret->hash, HASH_SIZE)), (int64_t)member), name);
}

struct look {
    token_found_fn *found;
    void *arg;
};

const struct statement token_touch = {"token_touch", "UPDATE web.token SET used_at = now() WHERE id = $1 AND (used_at "
                                                     "IS NULL OR used_at < now() - interval '10 minutes')"};

static void on_looked(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct look look = *(struct look *)arg;
    free(arg);
    if (rows == NULL || db_count(rows) == 0) {
        look.found(look.arg, NULL, why);
        return;
    }
    struct member member;
    member_read(rows, 0, &member);
    if (db_get_flag(rows, 0, MEMBER_COLUMNS_COUNT + 1))
        db_ask(service_db(), &token_touch, db_int(db_args(), db_get_int(rows, 0, MEMBER_COLUMNS_COUNT)), NULL, NULL);
    look.found(look.arg, &member, NULL);
}

const struct statement token_find = {
    "token_find", "SELECT " MEMBER_COLUMNS ", t.id, t.used_at IS NULL OR t.used_at < now() - interval '10 minutes'"
                  " FROM web.token t JOIN web.member m ON m.id = t.member WHERE t.hash = $1 AND m.standing = 'active'"};

void token_look(const struct secret *secret, token_found_fn *found, void *arg)
{
    struct look *look = mem_take(sizeof *look);
    *look = (struct look){found, arg};
    db_ask(service_db(), &token_find, db_bytes(db_args(), slice_of(secret->hash, HASH_SIZE)), on_looked, look);
}

struct slice token_bearer(struct slice header)
{
    static const char scheme[] = "Bearer ";
    size_t size = sizeof scheme - 1;
    if (header.size <= size || strncasecmp(header.at, scheme, size) != 0)
        return slice_of(NULL, 0);
    return form_trim(slice_of(header.at + size, header.size - size));
}

const struct statement token_list = {
    "token_list", "SELECT id, name, created_at, used_at FROM web.token WHERE member = $1 ORDER BY id DESC LIMIT 100"};

const struct statement token_revoke = {"token_revoke", "DELETE FROM web.token WHERE member = $1 AND id = $2"};
