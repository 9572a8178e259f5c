/* The list that the database prepares. */
#include "services/web/statements.h"

#define WEB_STATEMENT_ADDRESS(name) &name,
const struct statement *const web_statements[] = {WEB_STATEMENTS(WEB_STATEMENT_ADDRESS)};

#define WEB_STATEMENT_ONE(name) +1
const size_t web_statements_count = WEB_STATEMENTS(WEB_STATEMENT_ONE);
