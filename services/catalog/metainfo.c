/* See metainfo.h. The info dictionary is kept to the byte, but for the private flag: what else a maker put into it is
 * part of the info-hash. Because only canonical bencoding is read, putting the flag in its place keeps it canonical. */
#include "services/catalog/metainfo.h"

#include "services/catalog/metainfo_layers.h"

#include <assert.h>
#include <openssl/evp.h>
#include <strings.h>

#define PIECE_MIN 16384
#define PIECE_MAX 268435456
#define FIELD "metainfo"

static bool piece_length_check(const struct bencode *info, bool v2, uint64_t *into, struct fault *why)
{
    struct bencode length = bencode_get(info, "piece length");
    if (length.kind != BENCODE_integer || length.integer < PIECE_MIN || length.integer > PIECE_MAX)
        return fault_set(why, STATUS_invalid, FIELD,
                         "The piece length of this torrent must be between 16 KiB and 256 MiB.");
    if (v2 && (length.integer & (length.integer - 1)) != 0)
        return fault_set(why, STATUS_invalid, FIELD, "The piece length of a v2 torrent must be a power of two.");
    *into = (uint64_t)length.integer;
    return true;
}

static bool pieces_check(const struct bencode *info, uint64_t padded, uint64_t piece_length, struct slice *into,
                         struct fault *why)
{
    struct bencode pieces = bencode_get(info, "pieces");
    if (pieces.kind != BENCODE_text || pieces.text.size % 20 != 0)
        return fault_set(why, STATUS_invalid, FIELD,
                         "The piece hashes of this torrent are broken: make the torrent again.");
    uint64_t needed = (padded + piece_length - 1) / piece_length;
    if (pieces.text.size / 20 != needed)
        return fault_set(why, STATUS_invalid, FIELD,
                         "This torrent has %zu piece hashes, but its content has %llu pieces: make the torrent again.",
                         pieces.text.size / 20, (unsigned long long)needed);
    *into = pieces.text;
    return true;
}

static bool versions_check(const struct bencode *info, struct metainfo *into, struct fault *why)
{
    struct bencode version = bencode_get(info, "meta version");
    into->v2 = version.kind != BENCODE_none;
    if (into->v2 && (version.kind != BENCODE_integer || version.integer != 2))
        return fault_set(why, STATUS_invalid, FIELD,
                         "This torrent is of a version that is not known here: use v1, v2 or hybrid.");
    if (into->v2 != (bencode_get(info, "file tree").kind != BENCODE_none))
        return fault_set(why, STATUS_invalid, FIELD,
                         "This torrent is half v2: it must have both a file tree and meta version 2.");
    into->v1 = bencode_get(info, "pieces").kind != BENCODE_none || bencode_get(info, "length").kind != BENCODE_none ||
               bencode_get(info, "files").kind != BENCODE_none;
    if (!into->v1 && !into->v2)
        return fault_set(why, STATUS_invalid, FIELD, "This torrent lists no files: make the torrent again.");
    return true;
}

static bool content_read(const struct bencode *outer, const struct bencode *info, struct content *content,
                         struct metainfo *into, struct fault *why)
{
    struct content v2 = *content;
    if (into->v1 && (!content_read_v1(info, into->name, content, why) ||
                     !pieces_check(info, content->padded, into->piece_length, &into->pieces, why)))
        return false;
    if (!into->v2)
        return true;
    struct bencode tree = bencode_get(info, "file tree"), layers = bencode_get(outer, "piece layers");
    if (tree.kind != BENCODE_dict)
        return fault_set(why, STATUS_invalid, FIELD,
                         "The file tree of this torrent is broken: make the torrent again.");
    if (!content_read_v2(&tree, &v2, why) || !layers_check(&layers, &v2, into->piece_length, why))
        return false;
    if (into->v1 && !content_equal(content, &v2))
        return fault_set(why, STATUS_invalid, FIELD,
                         "The two halves of this hybrid torrent list different files: make it again.");
    into->layers = layers;
    *content = v2;
    return true;
}

static void content_take(const struct content *content, struct arena *arena, struct metainfo *into)
{
    struct metainfo_file *files = arena_take(arena, content->count * sizeof *files);
    struct buffer roots = {0};
    for (size_t i = 0; i < content->count; i++) {
        files[i] = content->files[i].file;
        if (content->files[i].root.size > 0)
            buffer_add(&roots, content->files[i].root.at, content->files[i].root.size);
    }
    into->roots = arena_copy(arena, buffer_slice(&roots));
    buffer_free(&roots);
    into->files = files;
    into->files_count = content->count;
    into->size = content->size;
}

/* The info dictionary with `private` in its place. */
static void info_write_private(const struct bencode *info, struct buffer *into)
{
    static const char flag[] = "7:privatei1e";
    struct slice key;
    struct bencode value;
    size_t place = 0;
    bool written = false;
    buffer_add(into, "d", 1);
    while (bencode_next(info, &place, &key, &value)) {
        if (slice_is(key, "private"))
            continue;
        size_t shorter = key.size < 7 ? key.size : 7;
        int order = memcmp(key.at, "private", shorter);
        if (!written && (order > 0 || (order == 0 && key.size > 7))) {
            buffer_add(into, flag, sizeof flag - 1);
            written = true;
        }
        bencode_write_text(into, key);
        buffer_add(into, value.raw.at, value.raw.size);
    }
    if (!written)
        buffer_add(into, flag, sizeof flag - 1);
    buffer_add(into, "e", 1);
}

static void digest(struct slice from, const EVP_MD *kind, uint8_t *into)
{
    int done = EVP_Digest(from.at, from.size, into, NULL, kind, NULL);
    assert(done == 1);
}

static void metainfo_hash(struct slice info, struct metainfo *into)
{
    if (into->v2)
        digest(info, EVP_sha256(), into->info_hash_v2);
    if (into->v1)
        digest(info, EVP_sha1(), into->info_hash);
    else
        memcpy(into->info_hash, into->info_hash_v2, sizeof into->info_hash);
}

static void metainfo_store(const struct bencode *outer, const struct bencode *info, struct arena *arena,
                           struct metainfo *into)
{
    struct buffer out = {0};
    struct bencode flag = bencode_get(info, "private"), layers = bencode_get(outer, "piece layers");
    into->rehashed = flag.kind != BENCODE_integer || flag.integer != 1;
    buffer_add(&out, "d", 1);
    bencode_write_key(&out, "info");
    size_t start = out.size;
    if (into->rehashed)
        info_write_private(info, &out);
    else
        buffer_add(&out, info->raw.at, info->raw.size);
    metainfo_hash(slice_of(out.at + start, out.size - start), into);
    if (into->v2) {
        bencode_write_key(&out, "piece layers");
        buffer_add(&out, layers.raw.at, layers.raw.size);
    }
    buffer_add(&out, "e", 1);
    into->stored = arena_copy(arena, buffer_slice(&out));
    buffer_free(&out);
}

static bool info_find(struct slice file, const struct metainfo_limits *limits, struct bencode *outer,
                      struct bencode *info, struct fault *why)
{
    char reason[64];
    if (file.size == 0)
        return fault_set(why, STATUS_invalid, FIELD, "Choose a .torrent file: none was sent, or it is empty.");
    if (file.size > limits->bytes)
        return fault_set(why, STATUS_too_large, FIELD,
                         "This .torrent file is larger than %zu bytes: make it with larger pieces.", limits->bytes);
    if (!bencode_read(file, outer, reason))
        return fault_set(why, STATUS_invalid, FIELD, "This is not a proper .torrent file: %s.", reason);
    *info = outer->kind == BENCODE_dict ? bencode_get(outer, "info") : (struct bencode){0};
    if (info->kind != BENCODE_dict)
        return fault_set(why, STATUS_invalid, FIELD, "This is not a .torrent file: it has no info dictionary.");
    if (bencode_get(info, "encrypted_files").kind != BENCODE_none)
        return fault_set(why, STATUS_invalid, FIELD, "This torrent holds encrypted file names: make it without them.");
    if (bencode_get(info, "ssl-cert").kind != BENCODE_none)
        return fault_set(why, STATUS_invalid, FIELD, "This torrent asks for an SSL swarm, which is not served here.");
    return true;
}

bool metainfo_read(struct slice file, const struct metainfo_limits *limits, struct arena *arena, struct metainfo *into,
                   struct fault *why)
{
    struct bencode outer = {0}, info = {0};
    *into = (struct metainfo){0};
    if (!info_find(file, limits, &outer, &info, why))
        return false;
    struct bencode name = bencode_get(&info, "name");
    if (name.kind != BENCODE_text)
        return fault_set(why, STATUS_invalid, FIELD, "This torrent has no name: make the torrent again.");
    if (!path_part_check(name.text, why))
        return false;
    into->name = name.text;
    struct content content = {.limits = limits, .arena = arena};
    if (!versions_check(&info, into, why) || !piece_length_check(&info, into->v2, &into->piece_length, why) ||
        !content_read(&outer, &info, &content, into, why))
        return false;
    content_take(&content, arena, into);
    metainfo_store(&outer, &info, arena, into);
    return true;
}

bool metainfo_has(const struct metainfo *metainfo, const char *ending)
{
    size_t size = strlen(ending);
    for (size_t i = 0; i < metainfo->files_count; i++) {
        struct slice path = metainfo->files[i].path;
        if (path.size >= size && strncasecmp(path.at + path.size - size, ending, size) == 0)
            return true;
    }
    return false;
}
