/* The statements of readers, prepared on one more connection. */
#include "services/ratio/books/reader.h"

#include "services/common/log.h"
#include "services/common/options.h"
#include "services/ratio/statements.h"

const char *reader_address(void)
{
    const char *address = NULL;
    struct fault why = {0};
    const struct option options[] = {
        {"DJEMBE_DATABASE", OPTION_text, &address, "host=/run/postgresql dbname=djembe", 1, 1000, "", true},
        {.name = NULL},
    };
    if (!options_read(options, &why))
        fatal("%s", why.text);
    return address;
}

struct db *reader_new(struct loop *loop)
{
    static const struct statement *const statements[] = {
        &book_look_head,          &book_events,          &book_backups,      &book_versions_of_owner,
        &book_versions_of_backup, &book_version_told,    &book_history_user, &book_history_version,
        &book_history_copy,       &book_versions_newest, &audits_of_user,    &audits_of_version,
        &audits_of_copy,          &audits_plan_of,       &remind_get,
    };
    return db_new(loop, reader_address(), 1, statements, sizeof statements / sizeof *statements);
}
