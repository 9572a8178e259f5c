/* JSON to msgpack, value by value. */
#include "tests/unit/web_pages/json_tree.h"

#include <assert.h>
#include <string.h>

static void pack(const json_t *value, msgpack_packer *packer);

static void pack_map(const json_t *value, msgpack_packer *packer)
{
    const char *key;
    json_t *entry;
    msgpack_pack_map(packer, json_object_size(value));
    json_object_foreach((json_t *)(uintptr_t)value, key, entry)
    {
        msgpack_pack_str_with_body(packer, key, strlen(key));
        pack(entry, packer);
    }
}

static void pack_array(const json_t *value, msgpack_packer *packer)
{
    msgpack_pack_array(packer, json_array_size(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        pack(json_array_get(value, i), packer);
    }
}

static void pack(const json_t *value, msgpack_packer *packer)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        pack_map(value, packer);
        break;
    case JSON_ARRAY:
        pack_array(value, packer);
        break;
    case JSON_STRING:
        msgpack_pack_str_with_body(packer, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        msgpack_pack_int64(packer, json_integer_value(value));
        break;
    case JSON_REAL:
        msgpack_pack_double(packer, json_real_value(value));
        break;
    case JSON_TRUE:
        msgpack_pack_true(packer);
        break;
    case JSON_FALSE:
        msgpack_pack_false(packer);
        break;
    case JSON_NULL:
        msgpack_pack_nil(packer);
        break;
    }
}

msgpack_object json_tree(const json_t *value, msgpack_zone *zone)
{
    msgpack_sbuffer bytes;
    msgpack_packer packer;
    msgpack_object object;
    msgpack_sbuffer_init(&bytes);
    msgpack_packer_init(&packer, &bytes, msgpack_sbuffer_write);
    pack(value, &packer);
    char *kept = msgpack_zone_malloc(zone, bytes.size); /* texts of the object point into it */
    memcpy(kept, bytes.data, bytes.size);
    msgpack_unpack_return got = msgpack_unpack(kept, bytes.size, NULL, zone, &object);
    assert(got == MSGPACK_UNPACK_SUCCESS);
    (void)got;
    msgpack_sbuffer_destroy(&bytes);
    return object;
}
