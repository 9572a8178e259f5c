/* Audits as members and staff see them. */
#include "services/ratio/books/audits.h"

#include "services/ratio/statements.h"

#include <stdlib.h>

/* ---- ratio.audit.list ---- */

static void pack_audit(const struct db_rows *rows, size_t i, msgpack_packer *packer)
{
    struct audit_done row = {
        .audit = (uint64_t)db_get_int(rows, i, 0),
        .user = (uint64_t)db_get_int(rows, i, 1),
        .version = (uint64_t)db_get_int(rows, i, 2),
        .at = db_get_time(rows, i, 3),
        .reason = db_get_text(rows, i, 4),
        .outcome = db_get_text(rows, i, 5),
        .result = db_get_text(rows, i, 6),
        .piece = db_get_int(rows, i, 7),
        .received = (uint64_t)db_get_int(rows, i, 8),
        .took_ms = (uint64_t)db_get_int(rows, i, 9),
        .way = db_get_text(rows, i, 10),
        .family = db_get_text(rows, i, 11),
        .dialled_in = db_get_flag(rows, i, 12),
    };
    row_pack(&audit_done_row, &row, packer);
}

static void on_list(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct ratio_audit_list_reply reply = {0};
    if (why != NULL)
        bus_fail(request, why);
    else
        rows_reply(request, rows, pack_audit, &reply.audits, &reply);
}

#define AUDITS(where)                                                                                                  \
    "SELECT audit_id, user_id, version_id, at, reason, outcome, result, piece, received, took_ms, way, family,"        \
    " dialled_in FROM ratio.audit_done WHERE " where " AND audit_id < $2 ORDER BY audit_id DESC LIMIT $3"

const struct statement audits_of_user = {.name = "audits_of_user", .sql = AUDITS("user_id = $1")};
const struct statement audits_of_version = {.name = "audits_of_version", .sql = AUDITS("version_id = $1")};
const struct statement audits_of_copy = {.name = "audits_of_copy", .sql = AUDITS("user_id = $1 AND version_id = $4")};

static void serve_list(struct bus_request *request, const void *message)
{
    const struct ratio_audit_list *ask = message;
    struct about about = {.user = &audits_of_user, .version = &audits_of_version, .copy = &audits_of_copy};
    if (!about_begin(&about, request, ask->user, ask->version))
        return;
    db_int(db_int(about.args, ask->before != 0 ? (int64_t)ask->before : INT64_MAX), (int64_t)ask->limit);
    about_ask(&about, on_list, request);
}

static void on_ask(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_list);
}

void audits_told_serve(void)
{
    bus_serve(book.bus, NULL, &ratio_audit_list_message, on_ask, NULL);
}

/* ---- for explain ---- */

struct telling {
    void (*tell)(void *arg, const struct audit_told *told);
    void *arg;
};

/* The plan stands in every row; without an audit that was booked the rest is null. */
const struct statement audits_plan_of = {
    .name = "audits_plan_of",
    .sql = "SELECT a.due_at, a.reason, d.at, d.took_ms, d.outcome, d.result FROM (SELECT $1::bigint AS user_id,"
           " $2::bigint AS version_id) n LEFT JOIN ratio.audit a USING (user_id, version_id) LEFT JOIN LATERAL"
           " (SELECT * FROM ratio.audit_done d WHERE (d.user_id, d.version_id) = (n.user_id, n.version_id)"
           " ORDER BY d.audit_id DESC LIMIT 3) d ON true ORDER BY d.audit_id DESC"};

static void on_plan(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct telling telling = *(struct telling *)arg;
    struct audit_told told = {0};
    free(arg);
    if (why != NULL) {
        telling.tell(telling.arg, NULL);
        return;
    }
    if (!db_is_null(rows, 0, 0)) {
        told.due_at = db_get_time(rows, 0, 0);
        told.reason = db_get_text(rows, 0, 1);
    }
    for (size_t i = 0; i < db_count(rows) && i < 3 && !db_is_null(rows, i, 2); i++) {
        told.last[i].at = db_get_time(rows, i, 2);
        told.last[i].took_ms = db_get_int(rows, i, 3);
        told.last[i].outcome = db_get_text(rows, i, 4);
        told.last[i].result = db_get_text(rows, i, 5);
        told.count++;
    }
    telling.tell(telling.arg, &told);
}

void audits_tell(int64_t user, int64_t version, void (*tell)(void *arg, const struct audit_told *told), void *arg)
{
    struct telling *telling = mem_take(sizeof *telling);
    *telling = (struct telling){tell, arg};
    db_ask(book.reader, &audits_plan_of, db_int(db_int(db_args(), user), version), on_plan, telling);
}
