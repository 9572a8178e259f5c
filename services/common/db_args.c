/* Parameters of one statement. Single values go as text, but for bytea, so that PostgreSQL's own idea of a parameter's
 * type holds: an integer parameter may be int, bigint or numeric. Arrays are of exactly the type that db.h names. */
#include "services/common/db_private.h"

#include "services/common/bencode.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ARGS_MOST = 32 };

struct db_args {
    int count;
    char *values[ARGS_MOST];
    int lengths[ARGS_MOST];
    int formats[ARGS_MOST];
};

struct db_args *db_args(void)
{
    return mem_zero(1, sizeof(struct db_args));
}

void args_free(struct db_args **args)
{
    if (*args == NULL)
        return;
    for (int i = 0; i < (*args)->count; i++)
        free((*args)->values[i]);
    free(*args);
    *args = NULL;
}

bool args_send(const struct db_args *args, PGconn *pg, const char *statement)
{
    static const struct db_args none;
    if (args == NULL)
        args = &none;
    return PQsendQueryPrepared(pg, statement, args->count, (const char *const *)args->values, args->lengths,
                               args->formats, 1) == 1;
}

/* Takes `value`. */
static struct db_args *args_add(struct db_args *args, char *value, size_t size, int format)
{
    assert(args->count < ARGS_MOST);
    args->values[args->count] = value;
    args->lengths[args->count] = (int)size;
    args->formats[args->count] = format;
    args->count++;
    return args;
}

static struct db_args *args_add_print(struct db_args *args, const char *format, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, format, value);
    return args_add(args, mem_text(slice_text(text)), strlen(text), 0);
}

struct db_args *db_int(struct db_args *args, int64_t value)
{
    return args_add_print(args, "%" PRId64, value);
}

struct db_args *db_flag(struct db_args *args, bool value)
{
    return args_add(args, mem_text(slice_text(value ? "t" : "f")), 1, 0);
}

/* PostgreSQL cannot hold NUL bytes, and libpq would cut the text there: as bytes that are not UTF-8 they make it refuse
 * the text (STATUS_invalid). */
static void nul_spoil(char *text, size_t size)
{
    for (char *nul; (nul = memchr(text, 0, size)) != NULL;)
        *nul = '\xff';
}

struct db_args *db_text(struct db_args *args, struct slice value)
{
    char *text = mem_text(value);
    nul_spoil(text, value.size);
    return args_add(args, text, value.size, 0);
}

struct db_args *db_bytes(struct db_args *args, struct slice value)
{
    return args_add(args, mem_text(value), value.size, 1);
}

struct db_args *db_null(struct db_args *args)
{
    return args_add(args, NULL, 0, 0);
}

/* ISO 8601 in UTC: understood whatever DateStyle says. */
static void time_print(struct buffer *into, int64_t unix_ms)
{
    int64_t seconds = unix_ms / 1000, ms = unix_ms % 1000;
    if (ms < 0) {
        seconds--;
        ms += 1000;
    }
    struct tm tm;
    time_t whole = (time_t)seconds;
    gmtime_r(&whole, &tm);
    buffer_print(into, "%04d-%02d-%02d %02d:%02d:%02d.%03d+00", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                 tm.tm_hour, tm.tm_min, tm.tm_sec, (int)ms);
}

static struct db_args *args_add_buffer(struct db_args *args, struct buffer *text)
{
    buffer_add(text, "", 1);
    return args_add(args, text->at, text->size - 1, 0);
}

struct db_args *db_time(struct db_args *args, int64_t unix_ms)
{
    struct buffer text = {0};
    time_print(&text, unix_ms);
    return args_add_buffer(args, &text);
}

/* ---- arrays ----
 *
 * In binary, as array_recv() reads them, for batches hold tens of thousands of values: how many dimensions, whether a
 * NULL is among the values, the values' type; of the one dimension its size and where it begins; then each value behind
 * its size. */

/* Types as PostgreSQL numbers them (pg_type.dat). */
enum { TYPE_bytea = 17, TYPE_int8 = 20, TYPE_text = 25, TYPE_tid = 27, TYPE_timestamptz = 1184 };

/* PostgreSQL counts microseconds from 2000-01-01, unix milliseconds from 1970-01-01. */
static const int64_t epoch_2000_ms = INT64_C(946684800000);

static char *put_int(char *at, uint64_t value, size_t size)
{
    for (size_t i = size; i-- > 0; value >>= 8)
        at[i] = (char)value;
    return at + size;
}

/* An array of `count` values of `bytes` in all, and where the first one goes. */
static char *array_new(uint32_t type, size_t count, size_t bytes, size_t *size, char **first)
{
    *size = (count > 0 ? 20 : 12) + 4 * count + bytes;
    char *array = mem_take(*size), *at = put_int(array, count > 0, 4);
    at = put_int(put_int(at, 0, 4), type, 4);
    *first = count > 0 ? put_int(put_int(at, count, 4), 1, 4) : at;
    return array;
}

static struct db_args *numbers_add(struct db_args *args, uint32_t type, size_t each, const int64_t *values,
                                   size_t count)
{
    size_t size;
    char *at, *array = array_new(type, count, each * count, &size, &at);
    for (size_t i = 0; i < count; i++)
        at = put_int(put_int(at, each, 4), (uint64_t)values[i], each);
    return args_add(args, array, size, 1);
}

struct db_args *db_ints(struct db_args *args, const int64_t *values, size_t count)
{
    return numbers_add(args, TYPE_int8, 8, values, count);
}

/* A block and an item in it: six bytes. */
struct db_args *db_tids(struct db_args *args, const int64_t *values, size_t count)
{
    return numbers_add(args, TYPE_tid, 6, values, count);
}

/* The ends of int64 mean infinity there: what is beyond the calendar is refused as such. */
static int64_t us_since_2000(int64_t unix_ms)
{
    int64_t us;
    if (__builtin_sub_overflow(unix_ms, epoch_2000_ms, &us) || __builtin_mul_overflow(us, 1000, &us))
        return unix_ms < 0 ? INT64_MIN + 1 : INT64_MAX - 1;
    return us;
}

struct db_args *db_times(struct db_args *args, const int64_t *unix_ms, size_t count)
{
    size_t size;
    char *at, *array = array_new(TYPE_timestamptz, count, 8 * count, &size, &at);
    for (size_t i = 0; i < count; i++)
        at = put_int(put_int(at, 8, 4), (uint64_t)us_since_2000(unix_ms[i]), 8);
    return args_add(args, array, size, 1);
}

static struct db_args *slices_add(struct db_args *args, uint32_t type, const struct slice *values, size_t count)
{
    size_t size, bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += values[i].size;
    char *at, *array = array_new(type, count, bytes, &size, &at);
    for (size_t i = 0; i < count; i++) {
        at = put_int(at, values[i].size, 4);
        if (values[i].size > 0)
            memcpy(at, values[i].at, values[i].size);
        at += values[i].size;
    }
    return args_add(args, array, size, 1);
}

struct db_args *db_texts(struct db_args *args, const struct slice *values, size_t count)
{
    return slices_add(args, TYPE_text, values, count);
}

struct db_args *db_blobs(struct db_args *args, const struct slice *values, size_t count)
{
    return slices_add(args, TYPE_bytea, values, count);
}
