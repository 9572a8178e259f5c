/* The rows of an answer. Results come in binary; what a column may be read as follows from its type, and reading it as
 * something else is a bug. */
#include "services/common/db_private.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>

/* Types as PostgreSQL numbers them (pg_type.dat): part of its protocol, the same in every version. */
enum {
    TYPE_bool = 16,
    TYPE_bytea = 17,
    TYPE_int8 = 20,
    TYPE_int2 = 21,
    TYPE_int4 = 23,
    TYPE_oid = 26,
    TYPE_tid = 27,
    TYPE_xid = 28,
    TYPE_float4 = 700,
    TYPE_float8 = 701,
    TYPE_timestamp = 1114,
    TYPE_timestamptz = 1184,
    TYPE_numeric = 1700,
    TYPE_jsonb = 3802,
};

/* PostgreSQL counts microseconds from 2000-01-01, unix milliseconds from 1970-01-01. */
static const int64_t epoch_2000_ms = INT64_C(946684800000);

struct db_rows {
    PGresult *result;
};

void rows_give(const struct item *item, PGresult *result)
{
    struct db_rows rows = {.result = result};
    if (item->done != NULL)
        item->done(item->arg, &rows, NULL);
}

size_t db_count(const struct db_rows *rows)
{
    return (size_t)PQntuples(rows->result);
}

uint64_t db_affected(const struct db_rows *rows)
{
    return strtoull(PQcmdTuples(rows->result), NULL, 10);
}

bool db_is_null(const struct db_rows *rows, size_t row, int column)
{
    assert(row < db_count(rows) && column < PQnfields(rows->result));
    return PQgetisnull(rows->result, (int)row, column) == 1;
}

/* The raw bytes; NULL columns are empty. */
static struct slice raw(const struct db_rows *rows, size_t row, int column)
{
    if (db_is_null(rows, row, column))
        return slice_text("");
    return slice_of(PQgetvalue(rows->result, (int)row, column), (size_t)PQgetlength(rows->result, (int)row, column));
}

static int64_t big_endian(struct slice from)
{
    uint64_t value = from.size > 0 && (from.at[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < from.size; i++)
        value = value << 8 | (unsigned char)from.at[i];
    return (int64_t)value;
}

/* sum(bigint) is a numeric: digits in base 10000, the first times 10000^weight. Digits behind the point are cut. */
static int64_t numeric_read(struct slice from)
{
    assert(from.size >= 8);
    int64_t count = big_endian(slice_of(from.at, 2)), weight = big_endian(slice_of(from.at + 2, 2));
    bool negative = (from.at[4] & 0x40) != 0;
    int64_t value = 0;
    for (int64_t i = 0; i <= weight; i++) {
        int64_t digit = i < count ? big_endian(slice_of(from.at + 8 + 2 * i, 2)) : 0;
        if (__builtin_mul_overflow(value, 10000, &value) || __builtin_add_overflow(value, digit, &value))
            return negative ? INT64_MIN : INT64_MAX;
    }
    return negative ? -value : value;
}

int64_t db_get_int(const struct db_rows *rows, size_t row, int column)
{
    struct slice value = raw(rows, row, column);
    if (value.size == 0)
        return 0;
    Oid type = PQftype(rows->result, column);
    if (type == TYPE_numeric)
        return numeric_read(value);
    assert(type == TYPE_int8 || type == TYPE_int4 || type == TYPE_int2 || type == TYPE_oid || type == TYPE_tid ||
           type == TYPE_xid);
    return type == TYPE_oid ? big_endian(value) & 0xffffffff : big_endian(value);
}

bool db_get_flag(const struct db_rows *rows, size_t row, int column)
{
    assert(PQftype(rows->result, column) == TYPE_bool);
    struct slice value = raw(rows, row, column);
    return value.size == 1 && value.at[0] != 0;
}

/* Every type whose binary form is its text; others are cast to text in the statement. */
static bool type_is_text(Oid type)
{
    static const Oid others[] = {TYPE_bool,      TYPE_bytea,       TYPE_int8,   TYPE_int2,   TYPE_int4,
                                 TYPE_oid,       TYPE_tid,         TYPE_xid,    TYPE_float4, TYPE_float8,
                                 TYPE_timestamp, TYPE_timestamptz, TYPE_numeric};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (type == others[i])
            return false;
    return true;
}

struct slice db_get_text(const struct db_rows *rows, size_t row, int column)
{
    Oid type = PQftype(rows->result, column);
    assert(type_is_text(type));
    struct slice value = raw(rows, row, column);
    if (type == TYPE_jsonb && value.size > 0)
        return slice_of(value.at + 1, value.size - 1); /* behind its version byte */
    return value;
}

struct slice db_get_bytes(const struct db_rows *rows, size_t row, int column)
{
    assert(PQftype(rows->result, column) == TYPE_bytea);
    return raw(rows, row, column);
}

int64_t db_get_time(const struct db_rows *rows, size_t row, int column)
{
    assert(PQftype(rows->result, column) == TYPE_timestamptz);
    struct slice value = raw(rows, row, column);
    if (value.size != 8)
        return 0;
    int64_t us = big_endian(value), ms = us / 1000;
    return (us % 1000 < 0 ? ms - 1 : ms) + epoch_2000_ms;
}
