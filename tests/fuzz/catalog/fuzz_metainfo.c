/* Whatever metainfo_read accepts keeps its promises: paths stay inside, sizes add up, and what is to be stored is
 * private, the same when read again, of the same hashes, and can be audited. */
#include "services/catalog/metainfo_pieces.h"
#include "services/catalog/plugin.h"
#include "services/common/encode.h"
#include "services/common/merkle.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct metainfo_limits limits = {.bytes = 65536, .files = 1000, .size = 1ULL << 50};

static void check_path(struct slice path)
{
    size_t start = 0;
    assert(path.size > 0 && memchr(path.at, '\0', path.size) == NULL && memchr(path.at, '\\', path.size) == NULL);
    for (size_t i = 0; i <= path.size; i++) {
        if (i < path.size && path.at[i] != '/')
            continue;
        struct slice part = slice_of(path.at + start, i - start);
        assert(part.size > 0 && !slice_is(part, ".") && !slice_is(part, ".."));
        start = i + 1;
    }
}

/* What plugins ask beyond that: a refusal names the file, a warning can be shown. */
static void check_plugins(const struct metainfo *metainfo, struct arena *arena)
{
    for (size_t i = 0; i < plugins_count; i++) {
        struct fault why = {0};
        if (plugins[i]->admit != NULL && !plugins[i]->admit(metainfo, arena, &why))
            assert(strcmp(why.field, "metainfo") == 0 && why.text[0] != '\0');
        struct slice warning = plugins[i]->warn != NULL ? plugins[i]->warn(metainfo, arena) : (struct slice){0};
        assert(warning.size <= 1024 && utf8_valid(warning));
    }
}

static void check_pieces(const struct metainfo *metainfo, struct arena *arena)
{
    struct pieces_place place;
    struct piece_v2 found;
    assert(pieces_find(metainfo->stored, -1, arena, &place, &found) && found.root.size == 0);
    assert(place.count > 0 && (place.at > 0) == metainfo->v1 && place.piece_length == metainfo->piece_length);
    assert(place.length > (place.count - 1) * place.piece_length && place.length <= place.count * place.piece_length);
    if (metainfo->v1)
        return;
    uint64_t sum = 0;
    int64_t step = (int64_t)(place.count / 100 + 1), looked = 0;
    for (int64_t i = 0; i < (int64_t)place.count; i += step, looked++) {
        assert(pieces_find(metainfo->stored, i, arena, &place, &found) && found.root.size == MERKLE_SIZE);
        assert(found.size > 0 && found.size <= place.piece_length && found.leaves == merkle_width(found.leaves));
        assert(found.size <= found.leaves * MERKLE_BLOCK && found.leaves * MERKLE_BLOCK <= place.piece_length);
        sum += found.size;
    }
    assert(looked < (int64_t)place.count || sum == metainfo->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct metainfo first, again;
    struct fault why = {0};
    if (metainfo_read(slice_of(data, size), &limits, arena, &first, &why)) {
        uint64_t sum = 0;
        for (size_t i = 0; i < first.files_count; i++) {
            check_path(first.files[i].path);
            sum += first.files[i].size;
        }
        check_plugins(&first, arena);
        check_pieces(&first, arena);
        assert(sum == first.size && sum > 0 && first.files_count <= limits.files);
        if (first.stored.size <= limits.bytes) {
            assert(metainfo_read(first.stored, &limits, arena, &again, &why));
            assert(!again.rehashed && slice_equal(again.stored, first.stored));
            assert(memcmp(again.info_hash, first.info_hash, 20) == 0);
        }
    } else {
        assert(why.status != STATUS_ok && why.text[0] != '\0');
    }
    arena_destroy(&arena);
    return 0;
}
