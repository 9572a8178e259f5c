/* See member_import.h. Who has an account of that name already is taken to be the same member, which makes the request
 * one that can be repeated. */
#include "services/web/member_import.h"

#include "services/common/log.h"
#include "services/web/member.h"
#include "services/web/statements.h"
#include "services/web/web.h"

#include <stdio.h>

struct importing {
    struct bus_request *request;
    struct db_tx *tx;
    size_t count, made;
    struct member_import *asked;
    struct member_imported *told;
    struct slice *keys; /* of the names; empty: refused */
};

/* ---- the answer ---- */

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    struct importing *importing = arg;
    msgpack_sbuffer packed;
    msgpack_packer packer;
    (void)uncertain;
    if (why != NULL) {
        bus_fail(importing->request, why);
        return;
    }
    if (importing->made > 0) {
        feed_published(web.members);
        log_info("members imported", "made=%zu asked=%zu", importing->made, importing->count);
    }
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, importing->count);
    for (size_t i = 0; i < importing->count; i++)
        row_pack(&member_imported_row, &importing->told[i], &packer);
    struct slice rows = arena_copy(bus_arena(importing->request), slice_of(packed.data, packed.size));
    msgpack_sbuffer_destroy(&packed);
    bus_reply(importing->request, &(struct web_member_import_reply){.members.packed = rows});
}

/* Two of one name get one account. */
static void told_set(struct importing *importing, const struct member *member, bool made)
{
    char key[ACCOUNT_NAME_MAX + 1];
    account_name_key(slice_text(member->name), key);
    for (size_t i = 0; i < importing->count; i++) {
        if (!slice_is(importing->keys[i], key))
            continue;
        importing->told[i].user = member->id;
        importing->told[i].made = made;
        made = false;
    }
}

static void on_rows(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct importing *importing = arg;
    for (size_t i = 0; why == NULL && i < db_count(rows); i++) {
        struct member member;
        bool made = db_get_flag(rows, i, MEMBER_COLUMNS_COUNT);
        member_read(rows, i, &member);
        told_set(importing, &member, made);
        if (!made)
            continue;
        importing->made++;
        member_note(importing->tx, member.id, "imported", "");
        member_tell(importing->tx, &member);
    }
    db_commit(importing->tx, on_committed, importing);
}

/* ---- the accounts ---- */

/* A passkey that somebody has, here or among these, is not taken over. */
const struct statement member_import = {
    "member_import",
    "WITH given AS (SELECT DISTINCT ON (key) * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], "
    "$5::bigint[],"
    "  $6::bigint[]) WITH ORDINALITY AS n (name, key, passkey, fresh, disabled, joined_at, place) ORDER BY key, place),"
    " made AS (INSERT INTO web.member AS m (name, name_key, password, passkey, invites, class, standing, disabled_at,"
    "  joined_at) SELECT name, key, $7, CASE WHEN passkey <> '' AND NOT EXISTS (SELECT FROM web.member o"
    "   WHERE o.passkey = g.passkey) AND row_number() OVER (PARTITION BY passkey ORDER BY place) = 1"
    "   THEN passkey ELSE fresh END, $8::int, 'member', CASE WHEN disabled <> 0 THEN 'disabled' ELSE 'active' END,"
    "  CASE WHEN disabled <> 0 THEN now() END,"
    "  CASE WHEN joined_at > 0 THEN to_timestamp(joined_at / 1000.0) ELSE now() END FROM given g"
    "  ON CONFLICT (name_key) DO NOTHING RETURNING " MEMBER_COLUMNS ")"
    " SELECT m.*, true FROM made m UNION ALL"
    " SELECT " MEMBER_COLUMNS ", false FROM web.member m JOIN given ON m.name_key = given.key",
};

/* As it stands in announce URLs: 32 letters and digits. */
static bool passkey_good(struct slice passkey)
{
    for (size_t i = 0; i < passkey.size; i++)
        if (!(passkey.at[i] >= 'a' && passkey.at[i] <= 'z') && !(passkey.at[i] >= '0' && passkey.at[i] <= '9'))
            return false;
    return passkey.size == PASSKEY_TEXT_MAX - 1;
}

static void ask(struct importing *importing)
{
    struct arena *arena = bus_arena(importing->request);
    size_t room = importing->count + 1, count = 0;
    struct slice *names = arena_take(arena, room * sizeof *names), *keys = arena_take(arena, room * sizeof *keys);
    struct slice *passkeys = arena_take(arena, room * sizeof *passkeys),
                 *fresh = arena_take(arena, room * sizeof *fresh);
    int64_t *disabled = arena_take(arena, room * sizeof *disabled), *joined = arena_take(arena, room * sizeof *joined);
    for (size_t i = 0; i < importing->count; i++) {
        const struct member_import *asked = &importing->asked[i];
        char *passkey = arena_take(arena, PASSKEY_TEXT_MAX);
        if (importing->keys[i].size == 0)
            continue;
        passkey_make(passkey);
        names[count] = asked->name;
        keys[count] = importing->keys[i];
        passkeys[count] = passkey_good(asked->passkey) ? asked->passkey : slice_text("");
        fresh[count] = slice_text(passkey);
        disabled[count] = asked->disabled;
        joined[count++] = asked->joined_at;
    }
    struct db_args *args = db_texts(db_texts(db_args(), names, count), keys, count);
    args = db_texts(db_texts(args, passkeys, count), fresh, count);
    args = db_ints(db_ints(args, disabled, count), joined, count);
    importing->tx = db_begin(service_db());
    db_tx_ask(importing->tx, &member_import, db_int(db_text(args, slice_text(PASSWORD_NONE)), web.member_invites),
              on_rows, importing);
}

/* ---- the request ---- */

static bool read_asked(struct importing *importing, struct tree rows, struct fault *why)
{
    struct arena *arena = bus_arena(importing->request);
    size_t count = importing->count = rows_count(rows);
    importing->asked = arena_take(arena, (count + 1) * sizeof *importing->asked);
    importing->told = arena_take(arena, (count + 1) * sizeof *importing->told);
    importing->keys = arena_take(arena, (count + 1) * sizeof *importing->keys);
    for (size_t i = 0; i < count; i++) {
        struct member_import *asked = &importing->asked[i];
        struct fault wrong;
        char *key = arena_take(arena, ACCOUNT_NAME_MAX + 1);
        if (!row_read(&member_import_row, asked, rows_at(rows, i), why))
            return false;
        if (account_name_good(asked->name, &wrong)) {
            account_name_key(asked->name, key);
            importing->keys[i] = slice_text(key);
        } else {
            importing->told[i].reason = slice_text(arena_print(arena, "%.200s", wrong.text));
        }
    }
    return true;
}

static void on_import(struct bus_request *request, const void *body, void *arg)
{
    const struct web_member_import *message = body;
    struct fault why = {0};
    (void)arg;
    struct importing *importing = arena_take(bus_arena(request), sizeof *importing);
    importing->request = request;
    if (bus_actor(request) != 0)
        fault_set(&why, STATUS_forbidden, NULL, "Only the operator brings members along.");
    if (why.status == STATUS_ok && read_asked(importing, message->members, &why))
        ask(importing);
    else
        bus_fail(request, &why);
}

void member_import_serve(void)
{
    bus_serve(service_bus(), NULL, &web_member_import_message, on_import, NULL);
}
