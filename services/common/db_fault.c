/* What the server's SQLSTATE means for whoever asked. */
#include "services/common/db_private.h"

#include "services/common/log.h"

#include <stdio.h>

static const struct meaning {
    const char *sqlstate; /* or the first letters of it */
    enum status status;
    bool ends_connection, may_heal;
} meanings[] = {
    {.sqlstate = "23505", .status = STATUS_conflict},                   /* unique_violation */
    {.sqlstate = "40001", .status = STATUS_conflict, .may_heal = true}, /* serialization_failure */
    {.sqlstate = "40P01", .status = STATUS_conflict, .may_heal = true}, /* deadlock_detected */
    {.sqlstate = "22021", .status = STATUS_invalid},                    /* not UTF-8 */
    {.sqlstate = "57014", .status = STATUS_unavailable},                /* statement_timeout */
    {.sqlstate = "55P03", .status = STATUS_unavailable},                /* lock_timeout */
    {.sqlstate = "53", .status = STATUS_unavailable},                   /* disk full, too many connections … */
    {.sqlstate = "25006", .status = STATUS_unavailable},                /* a server that only reads */
    {.sqlstate = "57P", .status = STATUS_unavailable, .ends_connection = true},   /* shutdown, crash, starting up */
    {.sqlstate = "08", .status = STATUS_unavailable, .ends_connection = true},    /* connection exceptions */
    {.sqlstate = "25P03", .status = STATUS_unavailable, .ends_connection = true}, /* idle in transaction too long */
    {.sqlstate = "26000", .status = STATUS_unavailable, .ends_connection = true}, /* prepared statement not there */
    {.sqlstate = "0A000", .status = STATUS_unavailable, .ends_connection = true}, /* its result type has changed */
    {.sqlstate = "", .status = STATUS_internal},
};

static const struct meaning *meaning_of(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state == NULL)
        state = "08000"; /* libpq made it itself: it has lost the connection */
    const struct meaning *meaning = meanings;
    while (strncmp(meaning->sqlstate, state, strlen(meaning->sqlstate)) != 0)
        meaning++;
    return meaning;
}

bool result_failed(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY;
}

bool result_ends_connection(const PGresult *result)
{
    return PQresultStatus(result) == PGRES_FATAL_ERROR && meaning_of(result)->ends_connection;
}

bool result_may_heal(const PGresult *result)
{
    return PQresultStatus(result) == PGRES_FATAL_ERROR && meaning_of(result)->may_heal;
}

static void fault_log(const PGresult *result, const char *statement, enum log_level level)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    char quoted[300];
    log_write(level, "statement failed", "statement=%s sqlstate=%s error=%s", statement, state != NULL ? state : "-",
              log_quote(slice_text(message), quoted, sizeof quoted));
}

void result_fault(const PGresult *result, const char *statement, struct fault *why)
{
    const struct meaning *meaning = meaning_of(result);
    fault_set(why, meaning->status, NULL, "%s", status_text(meaning->status));
    if (meaning->status == STATUS_conflict) {
        const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
        snprintf(why->field, sizeof why->field, "%s", constraint != NULL ? constraint : "");
    } else if (meaning->status == STATUS_internal) {
        fault_log(result, statement, LOG_LEVEL_error);
    } else {
        fault_log(result, statement, LOG_LEVEL_warning);
    }
}
