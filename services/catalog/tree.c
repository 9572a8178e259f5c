/* See tree.h. Counts are written as 32 bits and put in when the map or array ends. */
#include "services/catalog/tree.h"

#include <arpa/inet.h>
#include <assert.h>

void tree_start(struct tree_writer *tree)
{
    *tree = (struct tree_writer){0};
    msgpack_sbuffer_init(&tree->out);
    msgpack_packer_init(&tree->packer, &tree->out, msgpack_sbuffer_write);
}

void tree_free(struct tree_writer *tree)
{
    msgpack_sbuffer_destroy(&tree->out);
}

static void value_begin(struct tree_writer *tree, const char *key)
{
    if (tree->depth > 0)
        tree->open[tree->depth - 1].count++;
    if (key != NULL)
        pack_key(&tree->packer, key);
}

static void container_begin(struct tree_writer *tree, const char *key, unsigned char kind)
{
    unsigned char head[5] = {kind, 0, 0, 0, 0};
    value_begin(tree, key);
    assert(tree->depth < TREE_DEPTH_MAX);
    msgpack_sbuffer_write(&tree->out, (const char *)head, sizeof head);
    tree->open[tree->depth].at = tree->out.size - 4;
    tree->open[tree->depth++].count = 0;
}

void tree_map(struct tree_writer *tree, const char *key)
{
    container_begin(tree, key, 0xdf);
}

void tree_array(struct tree_writer *tree, const char *key)
{
    container_begin(tree, key, 0xdd);
}

static void count_put(const struct tree_writer *tree, size_t depth)
{
    uint32_t count = htonl(tree->open[depth].count);
    memcpy(tree->out.data + tree->open[depth].at, &count, sizeof count);
}

void tree_end(struct tree_writer *tree)
{
    assert(tree->depth > 0);
    count_put(tree, --tree->depth);
}

/* ---- what a map holds: how many entries, and these ---- */

void tree_map_from(struct tree_writer *tree, const char *key, struct slice held)
{
    uint32_t count;
    assert(held.size >= sizeof count);
    memcpy(&count, held.at, sizeof count);
    tree_map(tree, key);
    tree->open[tree->depth - 1].count = ntohl(count);
    msgpack_sbuffer_write(&tree->out, held.at + sizeof count, held.size - sizeof count);
}

struct slice tree_map_held(const struct tree_writer *tree)
{
    count_put(tree, tree->depth - 1);
    size_t at = tree->open[tree->depth - 1].at;
    return slice_of(tree->out.data + at, tree->out.size - at);
}

/* ---- values ---- */

void tree_text(struct tree_writer *tree, const char *key, struct slice text)
{
    value_begin(tree, key);
    pack_text(&tree->packer, text);
}

void tree_text_if(struct tree_writer *tree, const char *key, struct slice text)
{
    if (text.size > 0)
        tree_text(tree, key, text);
}

void tree_count(struct tree_writer *tree, const char *key, uint64_t value)
{
    value_begin(tree, key);
    msgpack_pack_uint64(&tree->packer, value);
}

void tree_number(struct tree_writer *tree, const char *key, int64_t value)
{
    value_begin(tree, key);
    msgpack_pack_int64(&tree->packer, value);
}

void tree_flag(struct tree_writer *tree, const char *key, bool value)
{
    value_begin(tree, key);
    if (value)
        msgpack_pack_true(&tree->packer);
    else
        msgpack_pack_false(&tree->packer);
}

void tree_packed(struct tree_writer *tree, const char *key, struct slice packed)
{
    value_begin(tree, key);
    msgpack_sbuffer_write(&tree->out, packed.at, packed.size);
}

struct tree tree_done(const struct tree_writer *tree)
{
    assert(tree->depth == 0);
    return (struct tree){.packed = slice_of(tree->out.data, tree->out.size)};
}
