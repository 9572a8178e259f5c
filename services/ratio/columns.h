/* Rows on their way into a statement: a column each, for unnest(). */
#ifndef DJEMBE_RATIO_COLUMNS_H
#define DJEMBE_RATIO_COLUMNS_H

#include "services/common/db.h"

enum { COLUMNS_MOST = 13 };

struct columns {
    size_t count;
    int64_t *numbers[COLUMNS_MOST];
    struct slice *texts;
};

/* Room for `rows` rows of so many numbers, of which there are none yet. */
struct columns columns_take(struct arena *arena, size_t rows, int numbers);
/* One more row: its first numbers and its text. */
void columns_put(struct columns *columns, const int64_t *numbers, size_t count, struct slice text);

/* Columns from..to-1 as parameters. */
struct db_args *columns_ints(struct db_args *args, const struct columns *columns, int from, int to);
struct db_args *columns_times(struct db_args *args, const struct columns *columns, int from, int to);
struct db_args *columns_blobs(struct db_args *args, const struct columns *columns);

#endif
