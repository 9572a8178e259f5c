/* Parameters of one statement. All go as text but bytea, so that PostgreSQL's own idea of a parameter's type holds: an
 * integer parameter may be int, bigint or numeric. Arrays are array literals. */
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

/* By hand: batches hold tens of thousands of numbers. */
static void add_int(int64_t value, bool more, struct buffer *into)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (more)
        *--at = ',';
    do {
        *--at = (char)('0' + rest % 10);
    } while ((rest /= 10) != 0);
    if (value < 0)
        *--at = '-';
    buffer_add(into, at, (size_t)(digits + sizeof digits - at));
}

struct db_args *db_ints(struct db_args *args, const int64_t *values, size_t count)
{
    struct buffer text = {0};
    buffer_add(&text, "{", 1);
    for (size_t i = 0; i < count; i++)
        add_int(values[i], i + 1 < count, &text);
    buffer_add(&text, "}", 1);
    return args_add_buffer(args, &text);
}

static void quoted_add(struct buffer *into, struct slice value)
{
    buffer_add(into, "\"", 1);
    for (size_t i = 0; i < value.size; i++) {
        if (value.at[i] == '"' || value.at[i] == '\\')
            buffer_add(into, "\\", 1);
        buffer_add(into, &value.at[i], 1);
    }
    buffer_add(into, "\"", 1);
}

struct db_args *db_texts(struct db_args *args, const struct slice *values, size_t count)
{
    struct buffer text = {0};
    buffer_add(&text, "{", 1);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add(&text, ",", 1);
        quoted_add(&text, values[i]);
    }
    buffer_add(&text, "}", 1);
    nul_spoil(text.at, text.size);
    return args_add_buffer(args, &text);
}

static void hex_add(struct buffer *into, struct slice value)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < value.size; i++) {
        unsigned char byte = (unsigned char)value.at[i];
        buffer_add(into, (const char[]){digits[byte >> 4], digits[byte & 15]}, 2);
    }
}

struct db_args *db_blobs(struct db_args *args, const struct slice *values, size_t count)
{
    struct buffer text = {0};
    buffer_add(&text, "{", 1);
    for (size_t i = 0; i < count; i++) {
        buffer_print(&text, "%s\"\\\\x", i > 0 ? "," : "");
        hex_add(&text, values[i]);
        buffer_add(&text, "\"", 1);
    }
    buffer_add(&text, "}", 1);
    return args_add_buffer(args, &text);
}

struct db_args *db_times(struct db_args *args, const int64_t *unix_ms, size_t count)
{
    struct buffer text = {0};
    buffer_add(&text, "{", 1);
    for (size_t i = 0; i < count; i++) {
        buffer_add(&text, i > 0 ? ",\"" : "\"", i > 0 ? 2 : 1);
        time_print(&text, unix_ms[i]);
        buffer_add(&text, "\"", 1);
    }
    buffer_add(&text, "}", 1);
    return args_add_buffer(args, &text);
}
