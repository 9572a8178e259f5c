/* Writes contexts: maps and arrays whose size is not known when they are opened. Each is written with a 32-bit header
 * that is filled in when it is closed. What decorating adds is in tree_decorate.c. */
#include "services/web/tree.h"

#include "services/common/arena.h"
#include "services/web/format.h"
#include "services/web/wiki.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define HEADER_MAP 0xdf
#define HEADER_ARRAY 0xdd
#define CONTEXT_DEPTH_MAX (TREE_DEPTH_MAX + 8) /* a tree from the bus, inside what we put around it */

struct container {
    size_t header; /* where its header stands */
    uint32_t entries;
    bool is_map;
};

struct tree_writer {
    msgpack_sbuffer bytes;
    msgpack_packer packer;
    struct container open[CONTEXT_DEPTH_MAX];
    unsigned depth;
    msgpack_zone *zone; /* of the finished object */
    msgpack_object object;
};

/* An entry begins: counted in its container, its key written. */
static void begin(struct tree_writer *writer, const char *key)
{
    assert(writer->depth > 0);
    struct container *inside = &writer->open[writer->depth - 1];
    assert(inside->is_map == (key != NULL));
    inside->entries++;
    if (key != NULL) {
        pack_key(&writer->packer, key);
    }
}

static void open_container(struct tree_writer *writer, bool is_map)
{
    assert(writer->depth < CONTEXT_DEPTH_MAX);
    writer->open[writer->depth++] = (struct container){.header = writer->bytes.size, .is_map = is_map};
    const char header[5] = {(char)(is_map ? HEADER_MAP : HEADER_ARRAY)};
    msgpack_sbuffer_write(&writer->bytes, header, sizeof header);
}

struct tree_writer *tree_new(void)
{
    struct tree_writer *writer = mem_zero(1, sizeof *writer);
    msgpack_sbuffer_init(&writer->bytes);
    msgpack_packer_init(&writer->packer, &writer->bytes, msgpack_sbuffer_write);
    open_container(writer, true);
    return writer;
}

void tree_destroy(struct tree_writer **writer)
{
    if (*writer == NULL) {
        return;
    }
    if ((*writer)->zone != NULL) {
        msgpack_zone_free((*writer)->zone);
    }
    msgpack_sbuffer_destroy(&(*writer)->bytes);
    free(*writer);
    *writer = NULL;
}

void tree_open_map(struct tree_writer *writer, const char *key)
{
    begin(writer, key);
    open_container(writer, true);
}

void tree_open_array(struct tree_writer *writer, const char *key)
{
    begin(writer, key);
    open_container(writer, false);
}

void tree_close(struct tree_writer *writer)
{
    assert(writer->depth > 0);
    const struct container *done = &writer->open[--writer->depth];
    for (unsigned i = 0; i < 4; i++) {
        writer->bytes.data[done->header + 1 + i] = (char)(done->entries >> (24 - 8 * i));
    }
}

void tree_text(struct tree_writer *writer, const char *key, struct slice text)
{
    begin(writer, key);
    pack_text(&writer->packer, text);
}

void tree_wiki(struct tree_writer *writer, const char *key, struct slice text)
{
    struct buffer html = {0};
    wiki_write(text, &html);
    tree_text(writer, key, buffer_slice(&html));
    buffer_free(&html);
}

void tree_string(struct tree_writer *writer, const char *key, const char *text)
{
    if (text == NULL) {
        tree_nil(writer, key);
    } else {
        tree_text(writer, key, slice_text(text));
    }
}

void tree_print(struct tree_writer *writer, const char *key, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int size = vasprintf(&text, format, args);
    va_end(args);
    assert(size >= 0);
    tree_text(writer, key, slice_of(text, (size_t)size));
    free(text);
}

void tree_count(struct tree_writer *writer, const char *key, uint64_t value)
{
    begin(writer, key);
    msgpack_pack_uint64(&writer->packer, value);
}

void tree_number(struct tree_writer *writer, const char *key, int64_t value)
{
    begin(writer, key);
    msgpack_pack_int64(&writer->packer, value);
}

void tree_flag(struct tree_writer *writer, const char *key, bool value)
{
    begin(writer, key);
    if (value) {
        msgpack_pack_true(&writer->packer);
    } else {
        msgpack_pack_false(&writer->packer);
    }
}

void tree_nil(struct tree_writer *writer, const char *key)
{
    begin(writer, key);
    msgpack_pack_nil(&writer->packer);
}

void tree_object(struct tree_writer *writer, const char *key, const msgpack_object *value)
{
    begin(writer, key);
    msgpack_pack_object(&writer->packer, *value);
}

/* KEY + suffix, as a key of its own. Keys too long to have one are a bug of the caller. */
static const char *with_suffix(const char *key, const char *suffix, char into[96])
{
    int size = snprintf(into, 96, "%s%s", key, suffix);
    assert(size > 0 && size < 96);
    return into;
}

static void write_size(struct tree_writer *writer, const char *key, uint64_t bytes, const char *text)
{
    char name[96], exact[FORMAT_MAX];
    tree_count(writer, key, bytes);
    tree_string(writer, with_suffix(key, "_text", name), text);
    tree_print(writer, with_suffix(key, "_exact", name), "%s bytes", format_number(bytes, exact));
}

void tree_size(struct tree_writer *writer, const char *key, uint64_t bytes)
{
    char text[FORMAT_MAX];
    write_size(writer, key, bytes, format_size(bytes, text));
}

void tree_size_down(struct tree_writer *writer, const char *key, uint64_t bytes)
{
    char text[FORMAT_MAX];
    write_size(writer, key, bytes, format_size_down(bytes, text));
}

void tree_size_up(struct tree_writer *writer, const char *key, uint64_t bytes)
{
    char text[FORMAT_MAX];
    write_size(writer, key, bytes, format_size_up(bytes, text));
}

void tree_time(struct tree_writer *writer, const char *key, int64_t unix_ms, int64_t now)
{
    char name[96], text[FORMAT_MAX];
    tree_number(writer, key, unix_ms);
    tree_string(writer, with_suffix(key, "_text", name), format_relative(unix_ms, now, text));
    tree_string(writer, with_suffix(key, "_iso", name), unix_ms != 0 ? format_iso(unix_ms, text) : NULL);
    tree_string(writer, with_suffix(key, "_stamp", name), unix_ms != 0 ? format_stamp(unix_ms, text) : NULL);
}

const msgpack_object *tree_finish(struct tree_writer *writer)
{
    assert(writer->depth == 1 && writer->zone == NULL);
    tree_close(writer);
    writer->zone = msgpack_zone_new(MSGPACK_ZONE_CHUNK_SIZE);
    assert(writer->zone != NULL);
    msgpack_unpack_return got =
        msgpack_unpack(writer->bytes.data, writer->bytes.size, NULL, writer->zone, &writer->object);
    assert(got == MSGPACK_UNPACK_SUCCESS);
    return &writer->object;
}
