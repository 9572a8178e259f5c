/* The walk in both directions. Knows no message: the codec of whoever reads the bytes checks them. */
#include "services/admin/json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* The text of {"hex": "..."}; NULL for any other value. */
static const char *bytes_text(const json_t *from)
{
    return json_is_object(from) && json_object_size(from) == 1 ? json_string_value(json_object_get(from, "hex")) : NULL;
}

static int digit(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    letter |= 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

static bool pack_hex(const char *hex, msgpack_packer *into, struct fault *why)
{
    size_t size = strlen(hex);
    if (size % 2 != 0)
        return fault_set(why, STATUS_invalid, "hex",
                         "Bytes are written with two hex digits each: there is one too few.");
    msgpack_pack_bin(into, size / 2);
    for (size_t i = 0; i < size; i += 2) {
        int high = digit(hex[i]), low = digit(hex[i + 1]);
        if (high < 0 || low < 0)
            return fault_set(why, STATUS_invalid, "hex", "\"%.2s\" are not two hex digits.", hex + i);
        unsigned char byte = (unsigned char)(high * 16 + low);
        msgpack_pack_bin_body(into, &byte, 1);
    }
    return true;
}

static void pack_letters(const char *text, size_t size, msgpack_packer *into)
{
    msgpack_pack_str(into, size);
    msgpack_pack_str_body(into, text, size);
}

static bool pack_object(const json_t *from, msgpack_packer *into, struct fault *why)
{
    const char *hex = bytes_text(from);
    if (hex != NULL)
        return pack_hex(hex, into, why);
    msgpack_pack_map(into, json_object_size(from));
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)from, key, value)
    {
        pack_letters(key, strlen(key), into);
        if (!json_pack_value(value, into, why))
            return false;
    }
    return true;
}

static bool pack_array(const json_t *from, msgpack_packer *into, struct fault *why)
{
    msgpack_pack_array(into, json_array_size(from));
    for (size_t i = 0; i < json_array_size(from); i++)
        if (!json_pack_value(json_array_get(from, i), into, why))
            return false;
    return true;
}

bool json_pack_value(const json_t *from, msgpack_packer *into, struct fault *why)
{
    if (json_is_object(from))
        return pack_object(from, into, why);
    if (json_is_array(from))
        return pack_array(from, into, why);
    if (json_is_real(from))
        return fault_set(why, STATUS_invalid, NULL, "%g is a fraction: messages hold whole numbers only.",
                         json_real_value(from));
    if (json_is_string(from))
        pack_letters(json_string_value(from), json_string_length(from), into);
    else if (json_is_integer(from))
        msgpack_pack_int64(into, json_integer_value(from));
    else if (json_is_true(from))
        msgpack_pack_true(into);
    else if (json_is_false(from))
        msgpack_pack_false(into);
    else
        msgpack_pack_nil(into);
    return true;
}

json_t *json_hex(const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * size + 1);
    assert(text != NULL);
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[((const unsigned char *)bytes)[i] >> 4];
        text[2 * i + 1] = digits[((const unsigned char *)bytes)[i] & 15];
    }
    json_t *made = json_stringn(text, 2 * size);
    free(text);
    return made;
}

static json_t *of_bytes(const void *at, size_t size)
{
    json_t *made = json_object();
    json_object_set_new(made, "hex", json_hex(at, size));
    return made;
}

/* msgpack gives an empty text without an address. */
static const char *letters(const msgpack_object *text)
{
    return text->via.str.size > 0 ? text->via.str.ptr : "";
}

static json_t *of_text(const msgpack_object *from)
{
    json_t *made = json_stringn(letters(from), from->via.str.size);
    return made != NULL ? made : of_bytes(from->via.str.ptr, from->via.str.size);
}

/* JSON's whole numbers end at 2^63 - 1, and so do all that a message may hold. */
static json_t *of_number(uint64_t value)
{
    char text[24];
    if (value <= INT64_MAX)
        return json_integer((json_int_t)value);
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return json_string(text);
}

static json_t *of_map(const msgpack_object *from)
{
    json_t *made = json_object();
    for (uint32_t i = 0; i < from->via.map.size; i++) {
        const msgpack_object_kv *entry = &from->via.map.ptr[i];
        if (entry->key.type == MSGPACK_OBJECT_STR)
            json_object_setn_new_nocheck(made, letters(&entry->key), entry->key.via.str.size, json_of(&entry->val));
    }
    return made;
}

static json_t *of_array(const msgpack_object *from)
{
    json_t *made = json_array();
    for (uint32_t i = 0; i < from->via.array.size; i++)
        json_array_append_new(made, json_of(&from->via.array.ptr[i]));
    return made;
}

json_t *json_of(const msgpack_object *from)
{
    switch (from->type) {
    case MSGPACK_OBJECT_MAP:
        return of_map(from);
    case MSGPACK_OBJECT_ARRAY:
        return of_array(from);
    case MSGPACK_OBJECT_STR:
        return of_text(from);
    case MSGPACK_OBJECT_BIN:
        return of_bytes(from->via.bin.ptr, from->via.bin.size);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return of_number(from->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return json_integer(from->via.i64);
    case MSGPACK_OBJECT_BOOLEAN:
        return json_boolean(from->via.boolean);
    default:
        return json_null();
    }
}
