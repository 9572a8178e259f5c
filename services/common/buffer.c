/* A growing buffer, and writing bencoding into it. Pure. */
#include "services/common/arena.h"
#include "services/common/bencode.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Room for `more` bytes behind what is there, and one for a final NUL. */
static void make_room(struct buffer *buffer, size_t more)
{
    assert(more < SIZE_MAX / 4 - buffer->size);
    size_t wanted = buffer->size + more + 1;
    if (wanted <= buffer->room)
        return;
    size_t room = buffer->room > 0 ? buffer->room : 256;
    while (room < wanted)
        room *= 2;
    buffer->at = mem_grow(buffer->at, room);
    buffer->room = room;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
    make_room(buffer, size);
    if (size > 0)
        memcpy(buffer->at + buffer->size, bytes, size);
    buffer->size += size;
}

void buffer_print(struct buffer *buffer, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    make_room(buffer, 64);
    int size = vsnprintf(buffer->at + buffer->size, buffer->room - buffer->size, format, args);
    va_end(args);
    assert(size >= 0);
    if ((size_t)size >= buffer->room - buffer->size) {
        make_room(buffer, (size_t)size);
        vsnprintf(buffer->at + buffer->size, buffer->room - buffer->size, format, again);
    }
    va_end(again);
    buffer->size += (size_t)size;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->at);
    *buffer = (struct buffer){0};
}

struct slice buffer_slice(const struct buffer *buffer)
{
    return slice_of(buffer->at, buffer->size);
}

void bencode_write_integer(struct buffer *into, int64_t value)
{
    buffer_print(into, "i%" PRId64 "e", value);
}

void bencode_write_text(struct buffer *into, struct slice text)
{
    buffer_print(into, "%zu:", text.size);
    buffer_add(into, text.at, text.size);
}

void bencode_write_key(struct buffer *into, const char *key)
{
    bencode_write_text(into, slice_text(key));
}
