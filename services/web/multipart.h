/* multipart/form-data (RFC 7578), as browsers and curl send it. Pure. */
#ifndef DJEMBE_WEB_MULTIPART_H
#define DJEMBE_WEB_MULTIPART_H

#include "services/web/form.h"

struct multipart_limits {
    size_t parts;     /* how many at most */
    size_t text_size; /* bytes of one field that is not a file */
    size_t files;     /* how many files at most */
    size_t file_size; /* bytes of one file */
};

struct multipart_file {
    struct slice field; /* the input's name */
    struct slice name;  /* the file's name as told, without folders; shown, never used as a path */
    struct slice body;  /* views the request's body */
};

struct multipart {
    struct form form; /* the parts that are no files */
    const struct multipart_file *files;
    size_t files_count;
    /* The input of a file that was, and is left out; empty: none. The rest of the form is there to be shown again. */
    struct slice too_large;
};

/* Is that Content-Type multipart/form-data? */
bool multipart_is(struct slice content_type);

/* Reads a whole body. Files that the member did not choose (no name, no bytes) are left out. */
bool multipart_read(struct slice content_type, struct slice body, const struct multipart_limits *limits,
                    struct arena *arena, struct multipart *into, struct fault *why);

/* The file of that input; NULL when none was chosen. */
const struct multipart_file *multipart_file(const struct multipart *multipart, const char *field);

#endif
