/* Bencoding (BEP 3), strictly: integers without leading zeros or -0, dictionary keys sorted and unique, nothing behind
 * the value. Reading makes no copies: a value is a view of the text it was read from. Writing appends to a buffer. */
#ifndef DJEMBE_COMMON_BENCODE_H
#define DJEMBE_COMMON_BENCODE_H

#include "proto/slice.h"

#define BENCODE_DEPTH_MAX 32

enum bencode_kind { BENCODE_none, BENCODE_integer, BENCODE_text, BENCODE_list, BENCODE_dict };

struct bencode {
    enum bencode_kind kind;
    struct slice raw;  /* the whole value as it stands, e.g. the info dictionary to hash */
    struct slice text; /* BENCODE_text: its bytes */
    int64_t integer;   /* BENCODE_integer */
};

/* Checks the whole of `from` and gives its one value. False: not bencoding, told in one short phrase with the offset
 * in `reason` (64 bytes). */
bool bencode_read(struct slice from, struct bencode *into, char reason[64]);

/* Values inside a value that bencode_read has checked. kind is BENCODE_none when there is none of that key. */
struct bencode bencode_get(const struct bencode *dict, const char *key);

/* Walks a list, or a dictionary's keys and values: start with *place = 0; false at the end. `key` is NULL for lists. */
bool bencode_next(const struct bencode *container, size_t *place, struct slice *key, struct bencode *value);

/* A growing buffer to write into. */
struct buffer {
    char *at;
    size_t size, room;
};
void buffer_add(struct buffer *buffer, const void *bytes, size_t size);
void buffer_print(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_free(struct buffer *buffer);
struct slice buffer_slice(const struct buffer *buffer);

void bencode_write_integer(struct buffer *into, int64_t value);
void bencode_write_text(struct buffer *into, struct slice text);
void bencode_write_key(struct buffer *into, const char *key);
/* Containers: buffer_add "d" or "l", the values (keys sorted by the caller), then "e". */

#endif
