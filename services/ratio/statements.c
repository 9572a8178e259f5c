#include "services/ratio/statements.h"

#include "services/ratio/ratio.h"

#define ADDRESS(name) &name,
const struct statement *const ratio_statements[] = {RATIO_STATEMENTS(ADDRESS)};
#undef ADDRESS
const size_t ratio_statements_count = sizeof ratio_statements / sizeof ratio_statements[0];
