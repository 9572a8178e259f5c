/* See tree.h. Packs by itself: an artist's page has ten thousand values, and by msgpack's packer each is some calls.
 * Counts are written as 32 bits and put in when the map or array ends. */
#include "services/catalog/tree.h"

#include "services/common/arena.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>

#define HEAD_MOST 9 /* bytes before a text, or of a number */

void tree_start(struct tree_writer *tree)
{
    *tree = (struct tree_writer){0};
}

void tree_free(struct tree_writer *tree)
{
    free(tree->out);
    *tree = (struct tree_writer){0};
}

/* ---- packing: each gives the place behind ---- */

/* A number of so many bytes, the greatest first. */
static char *bytes_put(char *at, uint64_t value, unsigned count)
{
    for (unsigned i = count; i > 0; i--, value >>= 8)
        at[i - 1] = (char)value;
    return at + count;
}

/* The shortest form that holds it: of 1, 2, 4 or 8 bytes; `kind` is that of one. */
static char *sized_put(char *at, unsigned char kind, uint64_t value)
{
    unsigned wide = value <= UINT8_MAX ? 0 : value <= UINT16_MAX ? 1 : value <= UINT32_MAX ? 2 : 3;
    *at = (char)(kind + wide);
    return bytes_put(at + 1, value, 1u << wide);
}

static char *count_put(char *at, uint64_t value)
{
    if (value > 0x7f)
        return sized_put(at, 0xcc, value);
    *at = (char)value;
    return at + 1;
}

static char *text_put(char *at, struct slice text)
{
    if (text.size < 32)
        *at++ = (char)(0xa0 | text.size);
    else
        at = sized_put(at, 0xd9, text.size);
    if (text.size > 0)
        memcpy(at, text.at, text.size);
    return at + text.size;
}

/* ---- values ---- */

/* Where so many bytes go. */
static char *room(struct tree_writer *tree, size_t most)
{
    size_t wanted = tree->size + most;
    if (wanted > tree->room) {
        tree->room = wanted * 2 > 4096 ? wanted * 2 : 4096;
        tree->out = mem_grow(tree->out, tree->room);
    }
    return tree->out + tree->size;
}

/* Where a value of at most so many bytes goes, behind its key; put_end() says where it ended. */
static char *put_begin(struct tree_writer *tree, const char *key, size_t most)
{
    struct slice name = slice_text(key);
    char *at = room(tree, HEAD_MOST + name.size + most);
    if (tree->depth > 0)
        tree->open[tree->depth - 1].count++;
    return key != NULL ? text_put(at, name) : at;
}

static void put_end(struct tree_writer *tree, const char *end)
{
    tree->size = (size_t)(end - tree->out);
}

static void container_begin(struct tree_writer *tree, const char *key, unsigned char kind)
{
    assert(tree->depth < TREE_DEPTH_MAX);
    char *at = put_begin(tree, key, HEAD_MOST);
    *at = (char)kind;
    put_end(tree, bytes_put(at + 1, 0, 4));
    tree->open[tree->depth].at = tree->size - 4;
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

void tree_end(struct tree_writer *tree)
{
    assert(tree->depth > 0);
    tree->depth--;
    bytes_put(tree->out + tree->open[tree->depth].at, tree->open[tree->depth].count, 4);
}

/* ---- what maps hold: how many entries, and these ---- */

void tree_map_from(struct tree_writer *tree, const char *key, struct slice held)
{
    uint32_t count;
    assert(held.size >= sizeof count);
    memcpy(&count, held.at, sizeof count);
    tree_map(tree, key);
    tree->open[tree->depth - 1].count = ntohl(count);
    char *at = room(tree, held.size);
    memcpy(at, held.at + sizeof count, held.size - sizeof count);
    put_end(tree, at + held.size - sizeof count);
}

struct slice tree_map_held(const struct tree_writer *tree)
{
    size_t at = tree->open[tree->depth - 1].at;
    bytes_put(tree->out + at, tree->open[tree->depth - 1].count, 4);
    return slice_of(tree->out + at, tree->size - at);
}

void tree_text(struct tree_writer *tree, const char *key, struct slice text)
{
    put_end(tree, text_put(put_begin(tree, key, HEAD_MOST + text.size), text));
}

void tree_text_if(struct tree_writer *tree, const char *key, struct slice text)
{
    if (text.size > 0)
        tree_text(tree, key, text);
}

void tree_count(struct tree_writer *tree, const char *key, uint64_t value)
{
    put_end(tree, count_put(put_begin(tree, key, HEAD_MOST), value));
}

void tree_number(struct tree_writer *tree, const char *key, int64_t value)
{
    char *at = put_begin(tree, key, HEAD_MOST);
    if (value >= 0) {
        put_end(tree, count_put(at, (uint64_t)value));
        return;
    }
    *at = (char)0xd3;
    put_end(tree, bytes_put(at + 1, (uint64_t)value, 8));
}

void tree_flag(struct tree_writer *tree, const char *key, bool value)
{
    char *at = put_begin(tree, key, HEAD_MOST);
    *at = (char)(value ? 0xc3 : 0xc2);
    put_end(tree, at + 1);
}

void tree_packed(struct tree_writer *tree, const char *key, struct slice packed)
{
    char *at = put_begin(tree, key, packed.size);
    if (packed.size > 0)
        memcpy(at, packed.at, packed.size);
    put_end(tree, at + packed.size);
}

struct tree tree_done(const struct tree_writer *tree)
{
    assert(tree->depth == 0);
    return (struct tree){.packed = slice_of(tree->out, tree->size)};
}
