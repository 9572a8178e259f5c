/* What a .torrent says (BEP 3, 27, 47, 52), read strictly: v1, v2 and hybrid. Pure: bytes in, facts or one fault out.
 * What is stored and served is rewritten here: private, and without any announce URL. */
#ifndef DJEMBE_CATALOG_METAINFO_H
#define DJEMBE_CATALOG_METAINFO_H

#include "proto/fault.h"
#include "services/common/arena.h"
#include "services/common/bencode.h"

struct metainfo_limits {
    size_t bytes;  /* of the .torrent */
    size_t files;  /* in it */
    uint64_t size; /* of the content */
};

struct metainfo_file {
    struct slice path; /* below the torrent's folder, with '/' between; a single file's own name */
    uint64_t size;
};

struct metainfo {
    struct slice name;                 /* of the folder or the single file */
    const struct metainfo_file *files; /* by path; without padding (BEP 47) */
    size_t files_count;
    uint64_t size; /* of these files */
    uint64_t piece_length;
    bool v1, v2;
    uint8_t info_hash[20];    /* under which it is served: v1's, or v2's cut for a torrent that has only that */
    uint8_t info_hash_v2[32]; /* when v2 */
    struct slice pieces;      /* v1: 20 bytes a piece */
    struct bencode layers;    /* v2: a dictionary from a file's root to the hashes of its pieces */
    struct slice roots;       /* v2: 32 bytes a file that is not empty */
    bool rehashed;            /* it was not private: the hashes are not those of the file given */
    struct slice stored;      /* the .torrent to keep: info and piece layers, nothing else */
};

/* Everything in `into` lives in the arena or in `file`. The fault's field is `metainfo`. */
bool metainfo_read(struct slice file, const struct metainfo_limits *limits, struct arena *arena, struct metainfo *into,
                   struct fault *why);

/* Does any file end so (".log")? In any case of letters. */
bool metainfo_has(const struct metainfo *metainfo, const char *ending);

#endif
