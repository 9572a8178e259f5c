/* See metainfo_layers.h. A layer that does not give the root would make every client refuse what it gets. */
#include "services/catalog/metainfo_layers.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define HASH 32
#define BLOCK 16384 /* what one leaf of the tree covers */

static void hash_pair(const unsigned char pair[2 * HASH], unsigned char into[HASH])
{
    int done = EVP_Digest(pair, (size_t)2 * HASH, into, NULL, EVP_sha256(), NULL);
    assert(done == 1);
}

/* The root of one layer, padded to a power of two with the root of a piece that is not there. */
static void layer_root(struct slice layer, uint64_t piece_length, struct arena *arena, unsigned char root[HASH])
{
    unsigned char pad[2 * HASH] = {0};
    for (uint64_t covered = BLOCK; covered < piece_length; covered *= 2) {
        hash_pair(pad, pad);
        memcpy(pad + HASH, pad, HASH);
    }
    size_t count = layer.size / HASH;
    unsigned char *row = arena_take(arena, layer.size + HASH);
    memcpy(row, layer.at, layer.size);
    while (count > 1) {
        if (count % 2 == 1)
            memcpy(row + count++ * HASH, pad, HASH);
        for (size_t i = 0; i < count / 2; i++)
            hash_pair(row + 2 * i * HASH, row + i * HASH);
        count /= 2;
        hash_pair(pad, pad);
        memcpy(pad + HASH, pad, HASH);
    }
    memcpy(root, row, HASH);
}

static int root_order(const void *a, const void *b)
{
    return memcmp((*(const struct content_file *const *)a)->root.at, (*(const struct content_file *const *)b)->root.at,
                  HASH);
}

/* Files that need a layer, by root: the order in which a dictionary must have them. */
static const struct content_file **files_needing(const struct content *content, uint64_t piece_length, size_t *count)
{
    const struct content_file **files = arena_take(content->arena, (content->count + 1) * sizeof *files);
    *count = 0;
    for (size_t i = 0; i < content->count; i++)
        if (content->files[i].file.size > piece_length)
            files[(*count)++] = &content->files[i];
    qsort(files, *count, sizeof *files, root_order);
    return files;
}

static bool layer_check(const struct content_file *file, struct slice root, const struct bencode *layer,
                        uint64_t piece_length, struct arena *arena, struct fault *why)
{
    uint64_t pieces = (file->file.size + piece_length - 1) / piece_length;
    unsigned char made[HASH];
    if (!slice_equal(root, file->root) || layer->kind != BENCODE_text || layer->text.size / HASH != pieces ||
        layer->text.size % HASH != 0)
        return fault_set(why, STATUS_invalid, "metainfo",
                         "The piece layers of this torrent do not fit its files: make the torrent again.");
    layer_root(layer->text, piece_length, arena, made);
    if (memcmp(made, root.at, HASH) != 0)
        return fault_set(why, STATUS_invalid, "metainfo",
                         "The piece layers of this torrent do not give its files' hashes: make the torrent again.");
    return true;
}

bool layers_check(const struct bencode *layers, const struct content *content, uint64_t piece_length, struct fault *why)
{
    if (layers->kind != BENCODE_dict)
        return fault_set(why, STATUS_invalid, "metainfo", "This v2 torrent has no piece layers: make it again.");
    size_t count, next = 0, place = 0;
    const struct content_file **files = files_needing(content, piece_length, &count);
    struct slice root;
    struct bencode layer;
    while (bencode_next(layers, &place, &root, &layer)) {
        if (next == count)
            return fault_set(why, STATUS_invalid, "metainfo",
                             "This torrent has piece layers of files that it does not have: make it again.");
        if (!layer_check(files[next], root, &layer, piece_length, content->arena, why))
            return false;
        /* Files of equal content share one layer. */
        for (next++; next < count && slice_equal(files[next]->root, root); next++)
            if (files[next]->file.size != files[next - 1]->file.size)
                return fault_set(why, STATUS_invalid, "metainfo",
                                 "Files of different size have the same hash in this torrent: make it again.");
    }
    if (next < count)
        return fault_set(why, STATUS_invalid, "metainfo", "A file in this torrent has no piece layer: make it again.");
    return true;
}
