/* Trees for templates: writing a context piece by piece, finding what a catalog tree speaks of, and copying it with
 * everything that a page shows beside (counts, names, sizes and times as text). Pure: no socket, no clock. */
#ifndef DJEMBE_WEB_TREE_H
#define DJEMBE_WEB_TREE_H

#include "proto/proto.h"

/* ---- writing ---- */

/* Grows maps and arrays whose number of entries is not known before. Opened containers are closed in order. `key` is
 * NULL inside arrays and borrowed only for the call. */
struct tree_writer;

/* A writer with its outermost map open. */
struct tree_writer *tree_new(void);
void tree_destroy(struct tree_writer **writer);

void tree_open_map(struct tree_writer *writer, const char *key);
void tree_open_array(struct tree_writer *writer, const char *key);
void tree_close(struct tree_writer *writer);

void tree_text(struct tree_writer *writer, const char *key, struct slice text);
void tree_string(struct tree_writer *writer, const char *key, const char *text); /* NULL: nil */
void tree_print(struct tree_writer *writer, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void tree_count(struct tree_writer *writer, const char *key, uint64_t value);
void tree_number(struct tree_writer *writer, const char *key, int64_t value);
void tree_flag(struct tree_writer *writer, const char *key, bool value);
void tree_nil(struct tree_writer *writer, const char *key);
void tree_object(struct tree_writer *writer, const char *key, const msgpack_object *value);

/* The text as HTML (wiki.h). */
void tree_wiki(struct tree_writer *writer, const char *key, struct slice text);

/* KEY, KEY_text ("1.4 GiB") and KEY_exact ("1,503,238,553 bytes"). */
void tree_size(struct tree_writer *writer, const char *key, uint64_t bytes);
/* The same, its text rounded down (what is earned) or up (what is owed). */
void tree_size_down(struct tree_writer *writer, const char *key, uint64_t bytes);
void tree_size_up(struct tree_writer *writer, const char *key, uint64_t bytes);
/* KEY, KEY_text ("3 hours ago"), KEY_iso and KEY_stamp ("23 Nov 2026, 06:20 UTC"); a time of 0 is "never" without iso
 * and stamp. */
void tree_time(struct tree_writer *writer, const char *key, int64_t unix_ms, int64_t now);

/* Closes the outermost map and gives the context, which lives until the writer is destroyed. Nothing is written after
 * it. */
const msgpack_object *tree_finish(struct tree_writer *writer);

/* ---- what a tree speaks of ---- */

#define TREE_IDS_MAX 500       /* as many as one request on the bus may name */
#define TREE_TORRENTS_MAX 2000 /* of a whole page; of more the counts are unknown */

struct tree_ids {
    uint64_t torrents[TREE_TORRENTS_MAX]; /* ascending, each once */
    size_t torrents_count;
    uint64_t members[TREE_IDS_MAX];
    size_t members_count;
};

/* Adds every positive `torrent` and every `uploader`, `author` and `filler` of every map in the tree. `ids` is zeroed
 * by the caller before the first. */
void tree_collect(const msgpack_object *tree, struct tree_ids *ids);

/* ---- decorating ---- */

struct tree_name {
    uint64_t user;
    struct slice name;
};

/* What decorating knows. A row that is missing from known counts means 0; unknown counts (the neighbour is away, or was
 * not asked of that torrent) give nil. */
struct tree_extra {
    int64_t now;
    const struct tree_ids *asked; /* whose counts were asked; NULL: of all */
    const struct swarm_count *swarms;
    size_t swarms_count;
    bool swarms_known;
    const struct torrent_count *snatches;
    size_t snatches_count;
    bool snatches_known;
    const struct tree_name *names;
    size_t names_count;
    /* NULL, or writes what else is known of a torrent into the copy of its map. */
    void (*torrent)(void *arg, struct tree_writer *writer, const msgpack_object *map);
    void *torrent_arg;
};

/* Writes a copy of `tree`. Maps with a `torrent` gain seeders, leechers, snatches, swarm_known, snatches_known,
 * `dead` when nobody seeds, and `factor` (label, ends, ends_at) when not all of its traffic counts; maps with
 * `torrents_count` (groups) gain the sums over the torrents inside. Maps with an `uploader` gain uploader_name, those
 * with an `author` author_name. Texts named `description` or `text` gain their HTML, KEY_html. Integers named size,
 * size_* or *_size gain their text as tree_size writes it, those named *_at as tree_time does. A list x comes with
 * has_x, a number x_count with x_count_one, for the singular. */
void tree_decorate(struct tree_writer *writer, const char *key, const msgpack_object *tree,
                   const struct tree_extra *extra);

#endif
