/* Row by row, so that the size of the log is no matter. Blocking: no daemon runs here. */
#include "services/ratio/books/export.h"

#include "services/ratio/books/event.h"
#include "services/ratio/books/reader.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const results[RULES_RESULTS] = {
    [RULES_pass] = "pass",
    [RULES_fail] = "fail",
    [RULES_suspect] = "suspect",
    [RULES_busy] = "busy",
    [RULES_unreachable] = "unreachable",
};

/* Which fields a kind has (RULES 6). */
enum {
    USER = 1,
    OWNER = 2,
    BACKUP = 4,
    VERSION = 8,
    REDUNDANCY = 16,
    SIZE = 32,
    LEFT = 64,
    POINTS = 128,
    BYTES = 256,
    UP = 512
};
enum {
    RESULT = 1024,
    FROM_TO = 2048,
    EXPECTED = 4096,
    DEPENDS = 8192,
    KEEP = 16384,
    SUSPENDED = 32768,
    HOUSEHOLD = 65536
};
static const int fields[RULES_EVENTS] = {
    [RULES_member] = USER,
    [RULES_backup] = BACKUP | OWNER | REDUNDANCY,
    [RULES_redundancy] = BACKUP | REDUNDANCY,
    [RULES_retention] = BACKUP | KEEP,
    [RULES_version] = VERSION | BACKUP | SIZE | DEPENDS,
    [RULES_delete_version] = VERSION,
    [RULES_delete_backup] = BACKUP,
    [RULES_announce] = USER | VERSION | LEFT,
    [RULES_dropped] = USER | VERSION,
    [RULES_audit] = USER | VERSION | RESULT,
    [RULES_assign] = USER | BACKUP | POINTS | EXPECTED,
    [RULES_move] = USER | FROM_TO | POINTS,
    [RULES_burn] = USER | POINTS,
    [RULES_grant] = USER | POINTS,
    [RULES_free_space] = USER | BYTES,
    [RULES_suspended] = USER | SUSPENDED,
    [RULES_household] = USER | HOUSEHOLD,
    [RULES_tracker] = UP,
};

static void write_number(const char *name, int64_t value)
{
    printf(",\"%s\":%" PRId64, name, value);
}

static void write_event(const struct rules_event *event)
{
    const struct {
        int field;
        const char *name;
        int64_t value;
    } numbers[] = {
        {USER, "user", event->user},
        {OWNER, "owner", event->user},
        {BACKUP, "backup", event->backup},
        {VERSION, "version", event->version},
        {REDUNDANCY, "redundancy", event->redundancy},
        {SIZE, "size", event->size},
        {LEFT, "left", event->left},
        {FROM_TO, "from", event->from},
        {FROM_TO, "to", event->to},
        {POINTS, "points", event->points},
        {BYTES, "bytes", event->bytes},
        {HOUSEHOLD, "household", event->household},
        {KEEP, "last", event->retention.last},
        {KEEP, "daily", event->retention.daily},
        {KEEP, "weekly", event->retention.weekly},
        {KEEP, "monthly", event->retention.monthly},
        {KEEP, "within", event->retention.within},
    };
    int has = fields[event->kind];
    printf("{\"event\":\"%s\",\"at\":%" PRId64, event_name(event->kind), event->at);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (has & numbers[i].field)
            write_number(numbers[i].name, numbers[i].value);
    if (has & DEPENDS && event->depends_on != 0)
        write_number("depends_on", event->depends_on);
    if (has & EXPECTED && event->expects)
        write_number("expected_assigned", event->expected_assigned);
    if (has & RESULT)
        printf(",\"result\":\"%s\"", results[event->result]);
    if (has & SUSPENDED)
        printf(",\"suspended\":%s", event->suspended ? "true" : "false");
    if (has & UP)
        printf(",\"up\":%s", event->up ? "true" : "false");
    puts("}");
}

static int64_t number(const PGresult *result, int column)
{
    return strtoll(PQgetvalue(result, 0, column), NULL, 10);
}

/* Columns: at, kind, user, backup, version, amount, other, packed. */
static void write_row(const PGresult *result)
{
    struct rules_event event;
    size_t size;
    unsigned char *packed = PQunescapeBytea((const unsigned char *)PQgetvalue(result, 0, 7), &size);
    struct book_row row = {
        .at = number(result, 0),
        .kind = slice_text(PQgetvalue(result, 0, 1)),
        .user = number(result, 2),
        .backup = number(result, 3),
        .version = number(result, 4),
        .amount = number(result, 5),
        .other = number(result, 6),
        .packed = slice_of(packed, packed == NULL ? 0 : size),
    };
    if (event_of_row(&row, &event))
        write_event(&event);
    while (sighting_next(&row.packed, &event))
        write_event(&event);
    PQfreemem(packed);
}

static bool write_all(PGconn *connection)
{
    bool good = PQsendQuery(connection, "SELECT (extract(epoch FROM at) * 1000)::bigint, kind, user_id, backup_id,"
                                        " version_id, amount, other, packed FROM ratio.book_event ORDER BY seq") == 1 &&
                PQsetSingleRowMode(connection) == 1;
    PGresult *result;
    while ((result = PQgetResult(connection)) != NULL) {
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_SINGLE_TUPLE)
            write_row(result);
        else
            good = good && status == PGRES_TUPLES_OK;
        PQclear(result);
    }
    return good && fflush(stdout) == 0;
}

int export_main(void)
{
    PGconn *connection = PQconnectdb(reader_address());
    bool good = PQstatus(connection) == CONNECTION_OK && write_all(connection);
    if (!good)
        fprintf(stderr, "djembe-ratio: the books cannot be exported: %s", PQerrorMessage(connection));
    PQfinish(connection);
    return good ? 0 : 1;
}
