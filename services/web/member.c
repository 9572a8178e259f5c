/* Reads and changes accounts. Whatever a tracker must know of (passkey, standing, class) goes out as a fact in the
 * transaction of the change, last in it because the feed's head row is locked until the commit. */
#include "services/web/member.h"

#include "services/web/statements.h"
#include "services/web/web.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void copy_text(const struct db_rows *rows, size_t row, int column, char *into, size_t room)
{
    snprintf(into, room, "%.*s", SLICE_ARGS(db_get_text(rows, row, column)));
}

void member_read(const struct db_rows *rows, size_t row, struct member *into)
{
    *into = (struct member){.id = (uint64_t)db_get_int(rows, row, 0)};
    copy_text(rows, row, 1, into->name, sizeof into->name);
    copy_text(rows, row, 2, into->class_name, sizeof into->class_name);
    copy_text(rows, row, 3, into->standing, sizeof into->standing);
    copy_text(rows, row, 4, into->passkey, sizeof into->passkey);
    into->invites = (uint64_t)db_get_int(rows, row, 5);
    into->joined_at = db_get_time(rows, row, 6);
    copy_text(rows, row, 7, into->feed_key, sizeof into->feed_key);
    into->disabled_at = db_get_time(rows, row, 8);
}

bool member_is_active(const struct member *member)
{
    return strcmp(member->standing, "active") == 0;
}

/* ---- finding ---- */

struct find {
    member_found_fn *found;
    void *arg;
};

static struct find *find_new(member_found_fn *found, void *arg)
{
    struct find *find = mem_take(sizeof *find);
    *find = (struct find){found, arg};
    return find;
}

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct find find = *(struct find *)arg;
    free(arg);
    struct member member;
    if (rows == NULL || db_count(rows) == 0) {
        find.found(find.arg, NULL, slice_text(NULL), why);
        return;
    }
    member_read(rows, 0, &member);
    find.found(find.arg, &member, db_get_text(rows, 0, MEMBER_COLUMNS_COUNT), NULL);
}

const struct statement member_by_name = {"member_by_name", "SELECT " MEMBER_COLUMNS
                                                           ", m.password FROM web.member m WHERE m.name_key = $1"};

void member_find_name(struct slice name, member_found_fn *found, void *arg)
{
    char key[ACCOUNT_NAME_MAX + 1];
    account_name_key(name, key);
    db_ask(service_db(), &member_by_name, db_text(db_args(), slice_text(key)), on_found, find_new(found, arg));
}

const struct statement member_by_id = {"member_by_id",
                                       "SELECT " MEMBER_COLUMNS ", m.password FROM web.member m WHERE m.id = $1"};

void member_find_id(uint64_t id, member_found_fn *found, void *arg)
{
    db_ask(service_db(), &member_by_id, db_int(db_args(), (int64_t)id), on_found, find_new(found, arg));
}

const struct statement member_by_feed = {"member_by_feed",
                                         "SELECT " MEMBER_COLUMNS ", '' FROM web.member m WHERE m.feed_key = $1"};

void member_find_feed(struct slice key, member_found_fn *found, void *arg)
{
    db_ask(service_db(), &member_by_feed, db_text(db_args(), key), on_found, find_new(found, arg));
}

/* ---- changing ---- */

const struct statement audit_add = {"audit_add", "INSERT INTO web.audit (member, event, address) VALUES ($1, $2, $3)"};

void member_note(struct db_tx *tx, uint64_t id, const char *event, const char *address)
{
    struct db_args *args = db_text(db_text(db_int(db_args(), (int64_t)id), slice_text(event)), slice_text(address));
    if (tx != NULL)
        db_tx_ask(tx, &audit_add, args, NULL, NULL);
    else
        db_ask(service_db(), &audit_add, args, NULL, NULL);
}

const struct statement enrol_fact = {"enrol_fact", "SELECT web.feed_add('web.members', $1, $2)"};

void member_tell(struct db_tx *tx, const struct member *member)
{
    struct member_fact fact = {
        .user = member->id,
        .name = slice_text(member->name),
        .passkey = slice_text(member->passkey),
        .standing = slice_text(member->standing),
        .class = slice_text(member->class_name),
        .restore_until = member->disabled_at != 0 ? member->disabled_at + RESTORE_OPEN_MS : 0,
    };
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    row_pack(&member_fact_row, &fact, &packer);
    db_tx_ask(tx, &enrol_fact, db_bytes(db_int(db_args(), (int64_t)member->id), slice_of(packed.data, packed.size)),
              NULL, NULL);
    msgpack_sbuffer_destroy(&packed);
}

struct change {
    struct db_tx *tx;
    struct member *member; /* NULL, or where the caller wants it as it is now */
    db_commit_fn *done;
    void *arg;
};

static void change_end(struct change *change, const struct fault *why, bool uncertain)
{
    struct change ended = *change;
    free(change);
    ended.done(ended.arg, why, uncertain);
}

static void on_changed(void *arg, const struct fault *why, bool uncertain)
{
    if (why == NULL)
        feed_published(web.members);
    change_end(arg, why, uncertain);
}

/* The fact is made of the row as this transaction holds it: two changes at once (a new passkey while the operator
 * disables the account) each tell what the other has done. */
static void on_row(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct change *change = arg;
    struct fault gone;
    if (rows == NULL || db_count(rows) == 0) {
        fault_set(&gone, STATUS_not_found, NULL, "That account is not here (any more).");
        db_rollback(change->tx);
        change_end(change, why != NULL ? why : &gone, false);
        return;
    }
    struct member member;
    member_read(rows, 0, &member);
    if (change->member != NULL)
        *change->member = member;
    member_tell(change->tx, &member);
    db_commit(change->tx, on_changed, change);
}

static struct change *change_new(struct member *member, db_commit_fn *done, void *arg)
{
    struct change *change = mem_take(sizeof *change);
    *change = (struct change){db_begin(service_db()), member, done, arg};
    return change;
}

const struct statement member_set_passkey = {
    "member_set_passkey", "UPDATE web.member AS m SET passkey = $2 WHERE id = $1 RETURNING " MEMBER_COLUMNS};

void member_reset_passkey(uint64_t id, const char *address, db_commit_fn *done, void *arg)
{
    char passkey[PASSKEY_TEXT_MAX];
    passkey_make(passkey);
    struct change *change = change_new(NULL, done, arg);
    member_note(change->tx, id, "passkey reset", address);
    db_tx_ask(change->tx, &member_set_passkey, db_text(db_int(db_args(), (int64_t)id), slice_text(passkey)), on_row,
              change);
}

const struct statement member_set_feed_key = {"member_set_feed_key",
                                              "UPDATE web.member SET feed_key = DEFAULT WHERE id = $1"};

void member_reset_feed_key(uint64_t id, const char *address, db_commit_fn *done, void *arg)
{
    struct db_tx *tx = db_begin(service_db());
    db_tx_ask(tx, &member_set_feed_key, db_int(db_args(), (int64_t)id), NULL, NULL);
    member_note(tx, id, "feed key reset", address);
    db_commit(tx, done, arg);
}

const struct statement member_set_password = {"member_set_password",
                                              "UPDATE web.member SET password = $2 WHERE id = $1"};

void member_change_password(uint64_t id, const char *stored, uint64_t session, const char *address, db_commit_fn *done,
                            void *arg)
{
    struct db_tx *tx = db_begin(service_db());
    db_tx_ask(tx, &member_set_password, db_text(db_int(db_args(), (int64_t)id), slice_text(stored)), NULL, NULL);
    db_tx_ask(tx, &session_revoke_others, db_int(db_int(db_args(), (int64_t)id), (int64_t)session), NULL, NULL);
    member_note(tx, id, "password changed", address);
    db_commit(tx, done, arg);
}

const struct statement member_set = {"member_set",
                                     "UPDATE web.member AS m SET class = CASE WHEN $2 <> '' THEN $2 ELSE class END,"
                                     " standing = CASE WHEN $3 <> '' THEN $3 ELSE standing END,"
                                     " disabled_at = CASE $3 WHEN 'disabled' THEN coalesce(disabled_at, now())"
                                     " WHEN 'active' THEN NULL ELSE disabled_at END WHERE id = $1"
                                     " RETURNING " MEMBER_COLUMNS};

void member_change(struct member *member, struct slice class_name, struct slice standing, db_commit_fn *done, void *arg)
{
    struct change *change = change_new(member, done, arg);
    const char *event = standing.size == 0 ? "class set" : slice_is(standing, "active") ? "enabled" : "disabled";
    member_note(change->tx, member->id, event, "");
    db_tx_ask(change->tx, &member_set, db_text(db_text(db_int(db_args(), (int64_t)member->id), class_name), standing),
              on_row, change);
}
