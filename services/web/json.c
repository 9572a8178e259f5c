/* Only what our own contexts hold: maps with text keys, arrays, texts, whole numbers, flags. */
#include "services/web/json.h"

#include <inttypes.h>

static void write_text(struct slice text, struct buffer *into)
{
    buffer_add(into, "\"", 1);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c == '"' || c == '\\')
            buffer_print(into, "\\%c", c);
        else if (c < 0x20 || c == '<')
            buffer_print(into, "\\u%04x", c);
        else
            buffer_add(into, &text.at[i], 1);
    }
    buffer_add(into, "\"", 1);
}

static void write_array(const msgpack_object_array *array, struct buffer *into)
{
    buffer_add(into, "[", 1);
    for (uint32_t i = 0; i < array->size; i++) {
        if (i > 0)
            buffer_add(into, ", ", 2);
        json_write(&array->ptr[i], into);
    }
    buffer_add(into, "]", 1);
}

static void write_map(const msgpack_object_map *map, struct buffer *into)
{
    bool first = true;
    buffer_add(into, "{", 1);
    for (uint32_t i = 0; i < map->size; i++) {
        const msgpack_object *key = &map->ptr[i].key;
        if (key->type != MSGPACK_OBJECT_STR)
            continue;
        if (!first)
            buffer_add(into, ", ", 2);
        first = false;
        write_text(slice_of(key->via.str.ptr, key->via.str.size), into);
        buffer_add(into, ": ", 2);
        json_write(&map->ptr[i].val, into);
    }
    buffer_add(into, "}", 1);
}

static void write_bytes(const msgpack_object_bin *bin, struct buffer *into)
{
    buffer_add(into, "\"", 1);
    for (uint32_t i = 0; i < bin->size; i++)
        buffer_print(into, "%02x", (unsigned char)bin->ptr[i]);
    buffer_add(into, "\"", 1);
}

void json_write(const msgpack_object *value, struct buffer *into)
{
    if (value->type == MSGPACK_OBJECT_MAP)
        write_map(&value->via.map, into);
    else if (value->type == MSGPACK_OBJECT_ARRAY)
        write_array(&value->via.array, into);
    else if (value->type == MSGPACK_OBJECT_STR)
        write_text(slice_of(value->via.str.ptr, value->via.str.size), into);
    else if (value->type == MSGPACK_OBJECT_BIN)
        write_bytes(&value->via.bin, into);
    else if (value->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        buffer_print(into, "%" PRIu64, value->via.u64);
    else if (value->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        buffer_print(into, "%" PRId64, value->via.i64);
    else if (value->type == MSGPACK_OBJECT_BOOLEAN)
        buffer_print(into, "%s", value->via.boolean ? "true" : "false");
    else
        buffer_print(into, "null");
}
