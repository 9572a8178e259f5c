/* See metainfo_layers.h. A layer that does not give the root would make every client refuse what it gets. */
#include "services/catalog/metainfo_layers.h"

#include "services/common/merkle.h"

#include <stdlib.h>

/* The root of one layer, padded to a power of two with the root of a piece that is not there. */
static void layer_root(struct slice layer, uint64_t piece_length, struct arena *arena, uint8_t root[MERKLE_SIZE])
{
    uint8_t absent[2 * MERKLE_SIZE] = {0};
    size_t count = layer.size / MERKLE_SIZE;
    uint8_t *row = arena_take(arena, layer.size + MERKLE_SIZE);
    merkle_fold(absent, 1, piece_length / MERKLE_BLOCK, (const uint8_t[MERKLE_SIZE]){0});
    memcpy(row, layer.at, layer.size);
    merkle_fold(row, count, merkle_width(count), absent);
    memcpy(root, row, MERKLE_SIZE);
}

static int root_order(const void *a, const void *b)
{
    return memcmp((*(const struct content_file *const *)a)->root.at, (*(const struct content_file *const *)b)->root.at,
                  MERKLE_SIZE);
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
    uint8_t made[MERKLE_SIZE];
    if (!slice_equal(root, file->root) || layer->kind != BENCODE_text || layer->text.size / MERKLE_SIZE != pieces ||
        layer->text.size % MERKLE_SIZE != 0)
        return fault_set(why, STATUS_invalid, "metainfo",
                         "The piece layers of this torrent do not fit its files: make the torrent again.");
    layer_root(layer->text, piece_length, arena, made);
    if (memcmp(made, root.at, MERKLE_SIZE) != 0)
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
