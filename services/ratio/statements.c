#include "services/ratio/statements.h"

#include "services/ratio/ratio.h"

const struct statement position_find = {.name = "position_find", .sql = POSITION_FIND("ratio")};
const struct statement position_move = {.name = "position_move", .sql = POSITION_MOVE("ratio")};
const struct position_table ratio_positions = {&position_find, &position_move};

#define ADDRESS(name) &name,
const struct statement *const ratio_statements[] = {RATIO_STATEMENTS(ADDRESS)};
#undef ADDRESS
const size_t ratio_statements_count = sizeof ratio_statements / sizeof ratio_statements[0];
