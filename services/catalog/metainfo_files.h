/* The file lists of a .torrent: v1's `length` or `files`, v2's `file tree`. Knows paths and sizes, no hashes of pieces.
 */
#ifndef DJEMBE_CATALOG_METAINFO_FILES_H
#define DJEMBE_CATALOG_METAINFO_FILES_H

#include "services/catalog/metainfo.h"
#include "services/common/bencode.h"

struct content_file {
    struct metainfo_file file;
    struct slice root; /* v2: the file's merkle root, 32 bytes; empty for an empty file */
};

struct content {
    struct content_file *files; /* sorted by path */
    size_t count, room;
    uint64_t size;   /* of these files */
    uint64_t padded; /* with padding files: what v1's pieces cover */
    const struct metainfo_limits *limits;
    struct arena *arena;
};

bool content_read_v1(const struct bencode *info, struct slice name, struct content *into, struct fault *why);
bool content_read_v2(const struct bencode *tree, struct content *into, struct fault *why);

/* Do both tell of the same files? */
bool content_equal(const struct content *a, const struct content *b);

/* A part of a path: not empty, not `.` or `..`, no slash of either kind, no control letters, UTF-8, not too long. */
bool path_part_check(struct slice part, struct fault *why);

#endif
