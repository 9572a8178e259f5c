/* A tree comes from another daemon, perhaps of another version: whatever is missing or of another kind reads as
 * nothing. */
#include "services/web/look.h"

struct slice look_string(const msgpack_object *value)
{
    if (value == NULL || value->type != MSGPACK_OBJECT_STR)
        return slice_of(NULL, 0);
    return slice_of(value->via.str.ptr, value->via.str.size);
}

struct slice look_text(const msgpack_object *map, const char *key)
{
    return look_string(map_find(map, key));
}

uint64_t look_count(const msgpack_object *map, const char *key)
{
    const msgpack_object *value = map_find(map, key);
    return value != NULL && value->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? value->via.u64 : 0;
}

bool look_flag(const msgpack_object *map, const char *key)
{
    const msgpack_object *value = map_find(map, key);
    return value != NULL && value->type == MSGPACK_OBJECT_BOOLEAN && value->via.boolean;
}

static const msgpack_object *of_type(const msgpack_object *value, msgpack_object_type type)
{
    return value != NULL && value->type == type ? value : NULL;
}

const msgpack_object *look_map(const msgpack_object *map, const char *key)
{
    return of_type(map_find(map, key), MSGPACK_OBJECT_MAP);
}

const msgpack_object *look_array(const msgpack_object *map, const char *key)
{
    return of_type(map_find(map, key), MSGPACK_OBJECT_ARRAY);
}

size_t look_size(const msgpack_object *array)
{
    return array != NULL && array->type == MSGPACK_OBJECT_ARRAY ? array->via.array.size : 0;
}

const msgpack_object *look_at(const msgpack_object *array, size_t i)
{
    return i < look_size(array) ? &array->via.array.ptr[i] : NULL;
}
