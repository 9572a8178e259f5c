/* One walk over declared fields, for reading, checking and packing. What differs between kinds stands in one table. It
 * knows nothing of particular messages, of sockets or of who is asking. */
#include "proto/codec.h"

#include <assert.h>
#include <inttypes.h>

struct kind {
    const char *what; /* "must be …" */
    size_t size, align;
    bool (*load)(const msgpack_object *from, void *at); /* false: another type */
    bool (*empty)(const void *at);
    bool (*check)(const struct field *field, const void *at, struct fault *why);
    void (*pack)(const void *at, msgpack_packer *packer);
};

/* ---- text and bytes ---- */

static bool load_text(const msgpack_object *from, void *at)
{
    if (from->type != MSGPACK_OBJECT_STR)
        return false;
    *(struct slice *)at = slice_of(from->via.str.ptr, from->via.str.size);
    return true;
}

static bool load_bytes(const msgpack_object *from, void *at)
{
    if (from->type != MSGPACK_OBJECT_BIN)
        return false;
    *(struct slice *)at = slice_of(from->via.bin.ptr, from->via.bin.size);
    return true;
}

static bool empty_slice(const void *at)
{
    return ((const struct slice *)at)->size == 0;
}

static bool check_bytes(const struct field *field, const void *at, struct fault *why)
{
    size_t size = ((const struct slice *)at)->size;
    if (size > (size_t)field->high)
        return fault_set(why, STATUS_too_large, field->name, "%s is too long: at most %" PRId64 " bytes are accepted.",
                         field->name, field->high);
    if (size == 0 && field->low > 0)
        return fault_set(why, STATUS_invalid, field->name, "%s is missing.", field->name);
    if (size < (size_t)field->low)
        return fault_set(why, STATUS_invalid, field->name, "%s is too short: it needs at least %" PRId64 " bytes.",
                         field->name, field->low);
    return true;
}

static bool is_text(struct slice text)
{
    return (text.size == 0 || memchr(text.at, '\0', text.size) == NULL) && utf8_valid(text);
}

static bool check_text(const struct field *field, const void *at, struct fault *why)
{
    if (!check_bytes(field, at, why))
        return false;
    return is_text(*(const struct slice *)at) ||
           fault_set(why, STATUS_invalid, field->name, "%s is not text: it must be UTF-8.", field->name);
}

static void pack_text_at(const void *at, msgpack_packer *packer)
{
    pack_text(packer, *(const struct slice *)at);
}

static void pack_bytes_at(const void *at, msgpack_packer *packer)
{
    pack_bytes(packer, *(const struct slice *)at);
}

/* ---- numbers and flags ---- */

static bool load_count(const msgpack_object *from, void *at)
{
    if (from->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return false;
    *(uint64_t *)at = from->via.u64;
    return true;
}

static bool empty_count(const void *at)
{
    return *(const uint64_t *)at == 0;
}

static bool range_fault(const struct field *field, struct fault *why)
{
    return fault_set(why, STATUS_invalid, field->name, "%s must be between %" PRId64 " and %" PRId64 ".", field->name,
                     field->low, field->high);
}

static bool check_count(const struct field *field, const void *at, struct fault *why)
{
    uint64_t value = *(const uint64_t *)at;
    return (value >= (uint64_t)field->low && value <= (uint64_t)field->high) || range_fault(field, why);
}

static void pack_count_at(const void *at, msgpack_packer *packer)
{
    msgpack_pack_uint64(packer, *(const uint64_t *)at);
}

static bool load_number(const msgpack_object *from, void *at)
{
    bool fits = from->type == MSGPACK_OBJECT_NEGATIVE_INTEGER ||
                (from->type == MSGPACK_OBJECT_POSITIVE_INTEGER && from->via.u64 <= INT64_MAX);
    if (fits)
        *(int64_t *)at = from->via.i64;
    return fits;
}

static bool empty_number(const void *at)
{
    return *(const int64_t *)at == 0;
}

static bool check_number(const struct field *field, const void *at, struct fault *why)
{
    int64_t value = *(const int64_t *)at;
    return (value >= field->low && value <= field->high) || range_fault(field, why);
}

static void pack_number_at(const void *at, msgpack_packer *packer)
{
    msgpack_pack_int64(packer, *(const int64_t *)at);
}

static bool load_flag(const msgpack_object *from, void *at)
{
    if (from->type != MSGPACK_OBJECT_BOOLEAN)
        return false;
    *(bool *)at = from->via.boolean;
    return true;
}

static bool empty_flag(const void *at)
{
    return !*(const bool *)at;
}

static bool check_flag(const struct field *field, const void *at, struct fault *why)
{
    (void)field, (void)at, (void)why;
    return true;
}

static void pack_flag_at(const void *at, msgpack_packer *packer)
{
    if (*(const bool *)at)
        msgpack_pack_true(packer);
    else
        msgpack_pack_false(packer);
}

/* ---- trees and rows ---- */

static bool load_tree(const msgpack_object *from, void *at)
{
    if (from->type != MSGPACK_OBJECT_ARRAY && from->type != MSGPACK_OBJECT_MAP)
        return false;
    *(struct tree *)at = (struct tree){.object = from};
    return true;
}

static bool load_rows(const msgpack_object *from, void *at)
{
    return from->type == MSGPACK_OBJECT_ARRAY && load_tree(from, at);
}

static bool empty_tree(const void *at)
{
    const struct tree *tree = at;
    return tree->object == NULL && tree->packed.size == 0;
}

static size_t entries(const msgpack_object *object)
{
    if (object->type == MSGPACK_OBJECT_ARRAY)
        return object->via.array.size;
    return object->type == MSGPACK_OBJECT_MAP ? object->via.map.size : 0;
}

static bool check_tree(const struct field *field, const void *at, struct fault *why)
{
    const struct tree *tree = at;
    if (tree->object == NULL)
        return true;
    if (entries(tree->object) > (size_t)field->high)
        return fault_set(why, STATUS_too_large, field->name,
                         "%s is too long: at most %" PRId64 " entries are accepted.", field->name, field->high);
    if (entries(tree->object) < (size_t)field->low)
        return fault_set(why, STATUS_invalid, field->name, "%s needs at least %" PRId64 " entries.", field->name,
                         field->low);
    return true;
}

static void pack_tree_at(const void *at, msgpack_packer *packer)
{
    const struct tree *tree = at;
    if (tree->object != NULL)
        msgpack_pack_object(packer, *tree->object);
    else if (tree->packed.size > 0)
        packer->callback(packer->data, tree->packed.at, tree->packed.size);
    else
        msgpack_pack_array(packer, 0);
}

/* Text anywhere in a tree is text, and keys are: templates and JSON rely on it. Depth was bounded by object_read. */
static bool tree_is_text(const msgpack_object *object)
{
    if (object->type == MSGPACK_OBJECT_STR)
        return is_text(slice_of(object->via.str.ptr, object->via.str.size));
    if (object->type == MSGPACK_OBJECT_ARRAY)
        for (size_t i = 0; i < object->via.array.size; i++)
            if (!tree_is_text(&object->via.array.ptr[i]))
                return false;
    if (object->type == MSGPACK_OBJECT_MAP)
        for (size_t i = 0; i < object->via.map.size; i++) {
            const msgpack_object_kv *pair = &object->via.map.ptr[i];
            if (pair->key.type != MSGPACK_OBJECT_STR || !tree_is_text(&pair->key) || !tree_is_text(&pair->val))
                return false;
        }
    return true;
}

static const struct kind kinds[] = {
    [KIND_text] = {"text", sizeof(struct slice), _Alignof(struct slice), load_text, empty_slice, check_text,
                   pack_text_at},
    [KIND_bytes] = {"bytes", sizeof(struct slice), _Alignof(struct slice), load_bytes, empty_slice, check_bytes,
                    pack_bytes_at},
    [KIND_count] = {"a number that is not negative", sizeof(uint64_t), _Alignof(uint64_t), load_count, empty_count,
                    check_count, pack_count_at},
    [KIND_number] = {"a whole number", sizeof(int64_t), _Alignof(int64_t), load_number, empty_number, check_number,
                     pack_number_at},
    [KIND_flag] = {"true or false", sizeof(bool), _Alignof(bool), load_flag, empty_flag, check_flag, pack_flag_at},
    [KIND_tree] = {"a map or a list", sizeof(struct tree), _Alignof(struct tree), load_tree, empty_tree, check_tree,
                   pack_tree_at},
    [KIND_rows] = {"a list of rows", sizeof(struct tree), _Alignof(struct tree), load_rows, empty_tree, check_tree,
                   pack_tree_at},
};

/* ---- places of fields ---- */

/* The first place at or after `offset` where the field's C type can stand. */
static size_t place(const struct field *field, size_t offset)
{
    size_t align = kinds[field->kind].align;
    return (offset + align - 1) / align * align;
}

size_t field_offset(const struct field *fields, size_t i)
{
    size_t offset = sizeof(field_mask);
    for (size_t k = 0; k < i; k++)
        offset = place(&fields[k], offset) + kinds[fields[k].kind].size;
    return place(&fields[i], offset);
}

/* ---- reading ---- */

static bool rows_check(const struct field *field, const msgpack_object *rows, struct fault *why)
{
    _Alignas(max_align_t) char scratch[ROW_SIZE_MAX];
    struct fault inner = {.status = STATUS_ok};
    for (size_t i = 0; i < rows->via.array.size; i++)
        if (!row_read(field->row, scratch, &rows->via.array.ptr[i], &inner))
            return fault_set(why, inner.status, field->name, "Row %zu of %s: %s", i + 1, field->name, inner.text);
    return true;
}

static bool value_read(const struct field *field, const msgpack_object *from, void *at, struct fault *why)
{
    const struct kind *kind = &kinds[field->kind];
    if (!kind->load(from, at))
        return fault_set(why, STATUS_invalid, field->name, "%s must be %s.", field->name, kind->what);
    if (field->need == OPTIONAL && kind->empty(at))
        return true;
    if (!kind->check(field, at, why))
        return false;
    if (field->kind == KIND_rows)
        return rows_check(field, from, why);
    if (field->kind == KIND_tree && !tree_is_text(from))
        return fault_set(why, STATUS_invalid, field->name, "%s holds text that is not UTF-8.", field->name);
    return true;
}

/* `from` is NULL when the value is not there. */
static bool field_read(const struct field *field, const msgpack_object *from, void *at, bool *given, struct fault *why)
{
    *given = from != NULL && from->type != MSGPACK_OBJECT_NIL;
    if (*given)
        return value_read(field, from, at, why);
    return field->need == OPTIONAL || fault_set(why, STATUS_invalid, field->name, "%s is missing.", field->name);
}

bool fields_read(const struct field *fields, size_t size, void *into, const msgpack_object *map, struct fault *why)
{
    memset(into, 0, size);
    if (map->type != MSGPACK_OBJECT_MAP)
        return fault_set(why, STATUS_invalid, NULL, "A message must be a map of named fields.");
    field_mask *mask = into;
    size_t offset = sizeof *mask;
    for (size_t i = 0; fields[i].name != NULL; i++) {
        bool given;
        offset = place(&fields[i], offset);
        if (!field_read(&fields[i], map_find(map, fields[i].name), (char *)into + offset, &given, why))
            return false;
        *mask |= (field_mask)given << i;
        offset += kinds[fields[i].kind].size;
        assert(offset <= size);
    }
    return true;
}

bool field_given(const struct field *fields, const void *read, const char *name)
{
    size_t i = 0;
    while (strcmp(fields[i].name, name) != 0)
        i++;
    return (*(const field_mask *)read >> i & 1) != 0;
}

bool row_read(const struct row *row, void *into, const msgpack_object *array, struct fault *why)
{
    memset(into, 0, row->size);
    if (array->type != MSGPACK_OBJECT_ARRAY)
        return fault_set(why, STATUS_invalid, NULL, "A row must be a list of columns.");
    field_mask *mask = into;
    size_t offset = sizeof *mask;
    for (size_t i = 0; row->columns[i].name != NULL; i++) {
        bool given;
        const struct field *column = &row->columns[i];
        const msgpack_object *from = i < array->via.array.size ? &array->via.array.ptr[i] : NULL;
        offset = place(column, offset);
        if (!field_read(column, from, (char *)into + offset, &given, why))
            return false;
        *mask |= (field_mask)given << i;
        offset += kinds[column->kind].size;
    }
    return true;
}

/* ---- packing ---- */

/* Optional values that say nothing are not sent. */
static bool is_sent(const struct field *field, const void *at)
{
    return field->need == REQUIRED || !kinds[field->kind].empty(at);
}

bool fields_check(const struct field *fields, const void *from, struct fault *why)
{
    size_t offset = sizeof(field_mask);
    for (size_t i = 0; fields[i].name != NULL; i++) {
        offset = place(&fields[i], offset);
        const void *at = (const char *)from + offset;
        if (is_sent(&fields[i], at) && !kinds[fields[i].kind].check(&fields[i], at, why))
            return false;
        offset += kinds[fields[i].kind].size;
    }
    return true;
}

static uint32_t count_sent(const struct field *fields, const void *from)
{
    uint32_t count = 0;
    size_t offset = sizeof(field_mask);
    for (size_t i = 0; fields[i].name != NULL; i++) {
        offset = place(&fields[i], offset);
        count += is_sent(&fields[i], (const char *)from + offset);
        offset += kinds[fields[i].kind].size;
    }
    return count;
}

void fields_pack(const struct field *fields, const void *from, msgpack_packer *packer)
{
    assert(fields_check(fields, from, NULL));
    msgpack_pack_map(packer, count_sent(fields, from));
    size_t offset = sizeof(field_mask);
    for (size_t i = 0; fields[i].name != NULL; i++) {
        offset = place(&fields[i], offset);
        const void *at = (const char *)from + offset;
        if (is_sent(&fields[i], at)) {
            pack_key(packer, fields[i].name);
            kinds[fields[i].kind].pack(at, packer);
        }
        offset += kinds[fields[i].kind].size;
    }
}

void row_pack(const struct row *row, const void *from, msgpack_packer *packer)
{
    assert(fields_check(row->columns, from, NULL));
    uint32_t count = 0;
    while (row->columns[count].name != NULL)
        count++;
    msgpack_pack_array(packer, count);
    size_t offset = sizeof(field_mask);
    for (size_t i = 0; i < count; i++) {
        offset = place(&row->columns[i], offset);
        kinds[row->columns[i].kind].pack((const char *)from + offset, packer);
        offset += kinds[row->columns[i].kind].size;
    }
}
