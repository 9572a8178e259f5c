/* The members: web makes their accounts, ratio writes down what they have moved; both may be asked again. Which member
 * is which is kept for the torrents. */
#include "services/catalog/import/import.h"

#include "services/common/encode.h"

#include <inttypes.h>

#define STEP "members"
#define MEMBERS_MOST 200 /* of a batch */

struct member {
    const struct table_entry *entry;
    struct slice row[TABLE_COLUMNS_MAX];
    uint64_t user; /* here */
};

struct batch {
    struct import *import;
    struct member *members;
    size_t count;
};

/* ---- reading ---- */

static bool member_read(struct batch *batch, struct member *member, struct fault *why)
{
    const struct table *table = &batch->import->tables[GAZELLE_users];
    uint64_t number;
    if (member->entry > table->entries && member->entry[-1].key == member->entry->key)
        return fault_set(why, STATUS_invalid, NULL, "This ID is there twice.");
    if (!table_read(table, member->entry, batch->import->arena, member->row, why))
        return false;
    if (slice_is(member->row[USER_enabled], "0"))
        return fault_set(why, STATUS_invalid, NULL, "The account was never confirmed.");
    if ((member->row[USER_up].size > 0 && !table_number(member->row[USER_up], &number)) ||
        (member->row[USER_down].size > 0 && !table_number(member->row[USER_down], &number)))
        return fault_set(why, STATUS_invalid, NULL, "Uploaded or Downloaded is not a number.");
    return true;
}

/* Those after `from`; *to is the last one's number. */
static void batch_read(struct batch *batch, uint64_t from, uint64_t *to)
{
    const struct table *table = &batch->import->tables[GAZELLE_users];
    const struct table_entry *at = table_find(table, from + 1).at, *end = table->entries + table->count;
    batch->members = arena_take(batch->import->arena, MEMBERS_MOST * sizeof *batch->members);
    *to = from;
    for (; at < end && (batch->count < MEMBERS_MOST || at->key == *to); at++) {
        struct member member = {.entry = at};
        struct fault why;
        *to = at->key;
        if (member_read(batch, &member, &why))
            batch->members[batch->count++] = member;
        else
            import_skip(batch->import, table, at->line, why.text);
    }
}

/* ---- web ---- */

static void on_imported(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct batch *batch = arg;
    const struct web_member_import_reply *told = reply;
    (void)body, (void)why;
    for (size_t i = 0; i < batch->count && i < rows_count(told->members); i++) {
        struct member_imported imported;
        if (!row_read(&member_imported_row, &imported, rows_at(told->members, i), NULL))
            continue;
        batch->members[i].user = imported.user;
        if (imported.user == 0)
            import_skip(batch->import, &batch->import->tables[GAZELLE_users], batch->members[i].entry->line,
                        arena_print(batch->import->arena, "%.*s", SLICE_ARGS(imported.reason)));
    }
}

static struct slice cut(struct slice text, size_t most)
{
    return text.size <= most ? text : (struct slice){0};
}

static bool accounts_make(struct batch *batch, struct fault *why)
{
    struct arena *arena = batch->import->arena;
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        const struct slice *row = batch->members[i].row;
        struct slice joined = row[USER_joined].size > 0 ? row[USER_joined] : row[USER_created];
        struct member_import member = {
            .name = cut(gazelle_line(row[USER_name], arena), 255),
            .passkey = cut(gazelle_line(row[USER_passkey], arena), 255),
            .disabled = slice_is(row[USER_enabled], "2"),
            .joined_at = gazelle_time(joined),
        };
        row_pack(&member_import_row, &member, &packer);
    }
    struct web_member_import ask = {.members.packed = slice_of(packed.data, packed.size)};
    bool good = import_tell(batch->import, &web_member_import_message, &ask, on_imported, batch, why);
    msgpack_sbuffer_destroy(&packed);
    return good;
}

/* ---- ratio ---- */

static uint64_t number_of(struct slice text)
{
    uint64_t number = 0;
    table_number(text, &number);
    return number;
}

static void on_opened(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    (void)arg, (void)reply, (void)body, (void)why;
}

static bool balances_open(struct batch *batch, struct fault *why)
{
    unsigned char key[16];
    msgpack_sbuffer packed;
    msgpack_packer packer;
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++)
        count += batch->members[i].user != 0;
    random_bytes(key, sizeof key);
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, count);
    for (size_t i = 0; i < batch->count; i++) {
        const struct member *member = &batch->members[i];
        struct opening_member opening = {
            .user = member->user,
            .uploaded = number_of(member->row[USER_up]),
            .downloaded = number_of(member->row[USER_down]),
        };
        if (member->user != 0)
            row_pack(&opening_member_row, &opening, &packer);
    }
    struct ratio_opening_add ask = {.key = slice_of(key, sizeof key),
                                    .members.packed = slice_of(packed.data, packed.size)};
    bool good = import_tell(batch->import, &ratio_opening_add_message, &ask, on_opened, NULL, why);
    msgpack_sbuffer_destroy(&packed);
    return good;
}

/* ---- the step ---- */

static enum import_end batch_write(struct batch *batch, uint64_t from, uint64_t to, struct fault *why)
{
    int64_t *sources = arena_take(batch->import->arena, (batch->count + 1) * sizeof *sources);
    int64_t *users = arena_take(batch->import->arena, (batch->count + 1) * sizeof *users);
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->members[i].user != 0) {
            sources[count] = (int64_t)batch->members[i].entry->key;
            users[count++] = (int64_t)batch->members[i].user;
        }
    struct db_tx *tx = db_begin(batch->import->db);
    import_note(tx, "users_main", sources, users, count);
    return import_commit(batch->import, tx, STEP, from, to, why);
}

static enum import_end members_run(struct import *import, uint64_t from, uint64_t *to, struct fault *why)
{
    struct batch batch = {.import = import};
    batch_read(&batch, from, to);
    if (*to == from)
        return IMPORT_done;
    if (batch.count > 0 && (!accounts_make(&batch, why) || !balances_open(&batch, why)))
        return IMPORT_failed;
    return batch_write(&batch, from, *to, why);
}

bool import_members(struct import *import, struct fault *why)
{
    return import_run(import, STEP, GAZELLE_users, members_run, why);
}
