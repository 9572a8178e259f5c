/* The list that the database prepares. */
#include "services/web/statements.h"

#define WEB_STATEMENT_ADDRESS(name) &name,
const struct statement *const web_statements[] = {WEB_STATEMENTS(WEB_STATEMENT_ADDRESS)};
const size_t web_statements_count = sizeof web_statements / sizeof *web_statements;
