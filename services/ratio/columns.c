#include "services/ratio/columns.h"

struct columns columns_take(struct arena *arena, size_t rows, int numbers)
{
    struct columns columns = {0};
    for (int i = 0; i < numbers; i++)
        columns.numbers[i] = arena_take(arena, (rows + 1) * sizeof(int64_t));
    columns.texts = arena_take(arena, (rows + 1) * sizeof(struct slice));
    return columns;
}

void columns_put(struct columns *columns, const int64_t *numbers, size_t count, struct slice text)
{
    for (size_t i = 0; i < count; i++)
        columns->numbers[i][columns->count] = numbers[i];
    columns->texts[columns->count++] = text;
}

struct db_args *columns_ints(struct db_args *args, const struct columns *columns, int from, int to)
{
    for (int i = from; i < to; i++)
        db_ints(args, columns->numbers[i], columns->count);
    return args;
}

struct db_args *columns_times(struct db_args *args, const struct columns *columns, int from, int to)
{
    for (int i = from; i < to; i++)
        db_times(args, columns->numbers[i], columns->count);
    return args;
}

struct db_args *columns_blobs(struct db_args *args, const struct columns *columns)
{
    return db_blobs(args, columns->texts, columns->count);
}
