/* See metainfo_pieces.h. Hashes are sorted rather than put into a table: whoever made the file chose them, and a sort
 * takes the same time whatever they are. */
#include "services/catalog/metainfo_pieces.h"

#include "services/catalog/metainfo_files.h"
#include "services/common/merkle.h"

#include <stdlib.h>

#define HASH_V1 20
#define HASH_V2 32

static int order_v1(const void *a, const void *b)
{
    return memcmp(a, b, HASH_V1);
}

static int order_v2(const void *a, const void *b)
{
    return memcmp(a, b, HASH_V2);
}

static bool sorted_repeat(char *hashes, size_t count, size_t size, int (*order)(const void *, const void *))
{
    qsort(hashes, count, size, order);
    for (size_t i = 1; i < count; i++)
        if (memcmp(hashes + (i - 1) * size, hashes + i * size, size) == 0)
            return true;
    return false;
}

static bool v1_repeat(const struct metainfo *metainfo, struct arena *arena)
{
    struct slice copy = arena_copy(arena, metainfo->pieces);
    return sorted_repeat((char *)copy.at, copy.size / HASH_V1, HASH_V1, order_v1);
}

/* Files' roots and the layers below them together: a file of one piece has a root only, and files of equal content
 * share a layer, so that only their roots show it. */
static bool v2_repeat(const struct metainfo *metainfo, struct arena *arena)
{
    struct buffer all = {0};
    struct bencode layer, layers = metainfo->layers;
    struct slice root;
    size_t place = 0;
    buffer_add(&all, metainfo->roots.at, metainfo->roots.size);
    while (bencode_next(&layers, &place, &root, &layer))
        buffer_add(&all, layer.text.at, layer.text.size);
    struct slice copy = arena_copy(arena, buffer_slice(&all));
    buffer_free(&all);
    return sorted_repeat((char *)copy.at, copy.size / HASH_V2, HASH_V2, order_v2);
}

bool pieces_repeat(const struct metainfo *metainfo, struct arena *arena)
{
    return (metainfo->v1 && v1_repeat(metainfo, arena)) || (metainfo->v2 && v2_repeat(metainfo, arena));
}

static uint64_t length_of(const struct bencode *info)
{
    struct bencode files = bencode_get(info, "files"), file;
    uint64_t length = 0;
    if (files.kind != BENCODE_list)
        return (uint64_t)bencode_get(info, "length").integer;
    for (size_t place = 0; bencode_next(&files, &place, NULL, &file);)
        length += (uint64_t)bencode_get(&file, "length").integer;
    return length;
}

/* A file of at most one piece has its root alone, over a tree no wider than its blocks need. */
static struct piece_v2 piece_of(const struct content_file *file, const struct bencode *layers, uint64_t index,
                                uint64_t piece_length)
{
    uint64_t rest = file->file.size - index * piece_length;
    struct piece_v2 piece = {
        .root = file->root,
        .size = rest < piece_length ? rest : piece_length,
        .leaves = piece_length / MERKLE_BLOCK,
    };
    if (file->file.size <= piece_length) {
        piece.leaves = merkle_width((rest + MERKLE_BLOCK - 1) / MERKLE_BLOCK);
        return piece;
    }
    struct slice root;
    struct bencode layer;
    for (size_t place = 0; bencode_next(layers, &place, &root, &layer);)
        if (slice_equal(root, file->root))
            piece.root = slice_of(layer.text.at + MERKLE_SIZE * index, MERKLE_SIZE);
    return piece;
}

static bool find_v2(const struct bencode *whole, const struct bencode *info, int64_t wanted, struct arena *arena,
                    struct pieces_place *into, struct piece_v2 *found)
{
    static const struct metainfo_limits limits = {.files = SIZE_MAX, .size = INT64_MAX};
    struct content content = {.limits = &limits, .arena = arena};
    struct bencode tree = bencode_get(info, "file tree"), layers = bencode_get(whole, "piece layers");
    struct fault why;
    if (tree.kind != BENCODE_dict || !content_read_v2(&tree, &content, &why))
        return false;
    for (size_t i = 0; i < content.count; i++) {
        uint64_t size = content.files[i].file.size, count = (size + into->piece_length - 1) / into->piece_length;
        if (count == 0)
            continue;
        if (wanted >= (int64_t)into->count && wanted < (int64_t)(into->count + count))
            *found = piece_of(&content.files[i], &layers, (uint64_t)wanted - into->count, into->piece_length);
        into->length = into->count * into->piece_length + size;
        into->count += count;
    }
    return true;
}

bool pieces_find(struct slice stored, int64_t piece, struct arena *arena, struct pieces_place *into,
                 struct piece_v2 *found)
{
    struct bencode whole;
    char reason[64];
    *into = (struct pieces_place){0};
    *found = (struct piece_v2){0};
    if (!bencode_read(stored, &whole, reason) || whole.kind != BENCODE_dict)
        return false;
    struct bencode info = bencode_get(&whole, "info");
    if (info.kind != BENCODE_dict)
        return false;
    struct bencode pieces = bencode_get(&info, "pieces");
    into->piece_length = (uint64_t)bencode_get(&info, "piece length").integer;
    if (into->piece_length == 0)
        return false;
    if (pieces.kind != BENCODE_text)
        return find_v2(&whole, &info, piece, arena, into, found);
    into->at = (uint64_t)(pieces.text.at - stored.at);
    into->count = pieces.text.size / HASH_V1;
    into->length = length_of(&info);
    return true;
}
