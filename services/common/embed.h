/* A file compiled into the program (djembe_embed in cmake/djembe.cmake). */
#ifndef DJEMBE_COMMON_EMBED_H
#define DJEMBE_COMMON_EMBED_H

#include <stddef.h>

struct embedded {
    const char *path; /* below the folder it was embedded from; NULL ends the list */
    const char *at;   /* NUL-terminated behind its last byte */
    size_t size;
};

#endif
