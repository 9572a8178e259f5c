/* A run of bytes that somebody else owns: text or binary, never NUL-terminated by promise. */
#ifndef DJEMBE_PROTO_SLICE_H
#define DJEMBE_PROTO_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *at; /* NULL only when size is 0 */
    size_t size;    /* bytes */
};

/* For printf("%.*s", SLICE_ARGS(s)). */
#define SLICE_ARGS(s) (int)(s).size, ((s).at != NULL ? (s).at : "")

static inline struct slice slice_of(const void *at, size_t size)
{
    return (struct slice){.at = at, .size = size};
}

/* The slice of a NUL-terminated string (NULL gives the empty slice). */
static inline struct slice slice_text(const char *text)
{
    return slice_of(text, text != NULL ? strlen(text) : 0);
}

/* As memcmp has it; of two that begin alike the shorter comes first. */
static inline int slice_order(struct slice a, struct slice b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size > 0 ? memcmp(a.at, b.at, size) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_text(text));
}

/* UTF-8 as RFC 3629 has it: no surrogates, no overlong forms. */
bool utf8_valid(struct slice text);

#endif
