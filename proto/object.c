/* Bytes to msgpack objects and small steps inside them. The bytes come from outside: they are looked over once before
 * msgpack-c sees them, because it believes the counts that a message claims and allocates for them. */
#include "proto/codec.h"

struct scan {
    const unsigned char *at;
    size_t left;
    size_t values; /* seen so far */
};

enum content { NOTHING, BYTES, ITEMS, PAIRS, REFUSED };

/* What one head byte announces: `size` bytes of a big-endian number that counts `content`, or `size` bytes to skip. */
struct head {
    enum content content;
    unsigned char size;
};

/* 0xC0 to 0xDF; the other ranges hold their count in the head byte itself. */
static const struct head heads[32] = {
    {NOTHING, 0}, {REFUSED, 0}, {NOTHING, 0}, {NOTHING, 0},               /* nil, never used, false, true */
    {BYTES, 1},   {BYTES, 2},   {BYTES, 4},                               /* bin */
    {REFUSED, 0}, {REFUSED, 0}, {REFUSED, 0},                             /* ext */
    {NOTHING, 4}, {NOTHING, 8},                                           /* float */
    {NOTHING, 1}, {NOTHING, 2}, {NOTHING, 4}, {NOTHING, 8},               /* uint */
    {NOTHING, 1}, {NOTHING, 2}, {NOTHING, 4}, {NOTHING, 8},               /* int */
    {REFUSED, 0}, {REFUSED, 0}, {REFUSED, 0}, {REFUSED, 0}, {REFUSED, 0}, /* fixext */
    {BYTES, 1},   {BYTES, 2},   {BYTES, 4},                               /* str */
    {ITEMS, 2},   {ITEMS, 4},   {PAIRS, 2},   {PAIRS, 4},                 /* array, map */
};

static bool skip(struct scan *scan, size_t size)
{
    if (size > scan->left)
        return false;
    scan->at += size;
    scan->left -= size;
    return true;
}

static bool read_size(struct scan *scan, size_t bytes, size_t *size)
{
    const unsigned char *at = scan->at;
    if (!skip(scan, bytes))
        return false;
    *size = 0;
    for (size_t i = 0; i < bytes; i++)
        *size = *size << 8 | at[i];
    return true;
}

/* Reads a head: what follows, and how much of it. */
static bool read_head(struct scan *scan, enum content *content, size_t *count)
{
    if (scan->left == 0)
        return false;
    unsigned char byte = *scan->at;
    skip(scan, 1);
    *count = 0;
    *content = NOTHING;
    if (byte < 0x80 || byte >= 0xE0)
        return true;
    if (byte < 0xC0) {
        *content = byte < 0x90 ? PAIRS : byte < 0xA0 ? ITEMS : BYTES;
        *count = byte < 0xA0 ? byte & 0x0F : byte & 0x1F;
        return true;
    }
    struct head head = heads[byte - 0xC0];
    *content = head.content;
    if (head.content == REFUSED)
        return false;
    return head.content == NOTHING ? skip(scan, head.size) : read_size(scan, head.size, count);
}

static bool scan_value(struct scan *scan, unsigned depth)
{
    enum content content;
    size_t count;
    if (depth > TREE_DEPTH_MAX || scan->values++ >= TREE_VALUES_MAX || !read_head(scan, &content, &count))
        return false;
    if (content == NOTHING)
        return true;
    if (content == BYTES)
        return skip(scan, count);
    if (count > scan->left) /* each value takes a byte at least */
        return false;
    for (size_t i = 0; i < (content == PAIRS ? 2 * count : count); i++)
        if (!scan_value(scan, depth + 1))
            return false;
    return true;
}

bool object_read(struct slice packed, size_t limit, msgpack_zone *zone, msgpack_object *into, struct fault *why)
{
    if (packed.size > limit)
        return fault_set(why, STATUS_too_large, NULL, "That is too large: at most %zu bytes are accepted.", limit);
    struct scan scan = {.at = (const unsigned char *)packed.at, .left = packed.size};
    size_t offset = 0;
    if (!scan_value(&scan, 1) || scan.left != 0 ||
        msgpack_unpack(packed.at, packed.size, &offset, zone, into) != MSGPACK_UNPACK_SUCCESS)
        return fault_set(why, STATUS_invalid, NULL, "That is not one whole msgpack value of plain types.");
    return true;
}

size_t rows_count(struct tree rows)
{
    return rows.object != NULL && rows.object->type == MSGPACK_OBJECT_ARRAY ? rows.object->via.array.size : 0;
}

const msgpack_object *rows_at(struct tree rows, size_t i)
{
    return i < rows_count(rows) ? &rows.object->via.array.ptr[i] : NULL;
}

const msgpack_object *map_find(const msgpack_object *map, const char *key)
{
    if (map == NULL || map->type != MSGPACK_OBJECT_MAP)
        return NULL;
    struct slice wanted = slice_text(key);
    for (size_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object *at = &map->via.map.ptr[i].key;
        if (at->type == MSGPACK_OBJECT_STR && slice_equal(slice_of(at->via.str.ptr, at->via.str.size), wanted))
            return &map->via.map.ptr[i].val;
    }
    return NULL;
}

void pack_key(msgpack_packer *packer, const char *key)
{
    pack_text(packer, slice_text(key));
}

void pack_text(msgpack_packer *packer, struct slice text)
{
    msgpack_pack_str(packer, text.size);
    msgpack_pack_str_body(packer, text.at != NULL ? text.at : "", text.size);
}

void pack_bytes(msgpack_packer *packer, struct slice bytes)
{
    msgpack_pack_bin(packer, bytes.size);
    msgpack_pack_bin_body(packer, bytes.at != NULL ? bytes.at : "", bytes.size);
}
