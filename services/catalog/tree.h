/* Writes the nested maps and arrays that pages are made of, without being told beforehand how many entries each will
 * have. */
#ifndef DJEMBE_CATALOG_TREE_H
#define DJEMBE_CATALOG_TREE_H

#include "proto/codec.h"

struct tree_writer {
    msgpack_sbuffer out;
    msgpack_packer packer;
    struct {
        size_t at; /* where its count goes */
        uint32_t count;
    } open[TREE_DEPTH_MAX];
    size_t depth;
};

void tree_start(struct tree_writer *tree);
void tree_free(struct tree_writer *tree);

/* Inside a map each value comes with its key, inside an array with NULL. Every begin wants its tree_end. */
void tree_map(struct tree_writer *tree, const char *key);
void tree_array(struct tree_writer *tree, const char *key);
void tree_end(struct tree_writer *tree);

void tree_text(struct tree_writer *tree, const char *key, struct slice text);
void tree_text_if(struct tree_writer *tree, const char *key, struct slice text); /* left out when empty */
void tree_count(struct tree_writer *tree, const char *key, uint64_t value);
void tree_number(struct tree_writer *tree, const char *key, int64_t value);
void tree_flag(struct tree_writer *tree, const char *key, bool value);
/* A map that begins with all that another one held: tree_map_held() gives that, while it is open. */
void tree_map_from(struct tree_writer *tree, const char *key, struct slice held);
struct slice tree_map_held(const struct tree_writer *tree);
void tree_packed(struct tree_writer *tree, const char *key, struct slice packed); /* one value, packed already */

/* The finished tree; borrows the writer's bytes. */
struct tree tree_done(const struct tree_writer *tree);

#endif
