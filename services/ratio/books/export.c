/* Row by row, so that the size of the log is no matter. Blocking: no daemon runs here. */
#include "services/ratio/books/export.h"

#include "services/ratio/books/event.h"
#include "services/ratio/books/reader.h"
#include "services/ratio/replay/replay.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

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
        replay_event_write(&event, stdout);
    while (sighting_next(&row.packed, &event))
        replay_event_write(&event, stdout);
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
