/* See metainfo_files.h. Every path of every file is checked here, padding and links included, because what a client
 * does with one that leads out of its folder is not ours to hope for. */
#include "services/catalog/metainfo_files.h"

#include "services/common/encode.h"

#include <stdlib.h>

#define PART_MAX 255 /* what file systems take */
#define PATH_BYTES_MAX 1000
#define FIELD "metainfo"

/* At most `room` bytes of a name that may hold anything, fit to be shown. */
static const char *shown(struct slice name, char *into, size_t room)
{
    size_t size = name.size < room - 1 ? name.size : room - 1;
    while (size > 0 && size < name.size && ((unsigned char)name.at[size] & 0xc0) == 0x80)
        size--;
    bool readable = utf8_valid(slice_of(name.at, size));
    for (size_t i = 0; i < size; i++) {
        unsigned char letter = (unsigned char)name.at[i];
        bool odd = letter < 0x20 || letter == 0x7f || (!readable && letter >= 0x80);
        into[i] = odd ? '?' : name.at[i];
    }
    into[size] = '\0';
    return into;
}

bool path_part_check(struct slice part, struct fault *why)
{
    char name[80];
    shown(part, name, sizeof name);
    if (part.size == 0)
        return fault_set(why, STATUS_invalid, FIELD,
                         "A file or folder in this torrent has an empty name: make it again.");
    if (slice_is(part, ".") || slice_is(part, ".."))
        return fault_set(why, STATUS_invalid, FIELD,
                         "A path in this torrent leads out of its folder (it holds \"%s\").", name);
    for (size_t i = 0; i < part.size; i++) {
        unsigned char letter = (unsigned char)part.at[i];
        if (letter == '/' || letter == '\\')
            return fault_set(why, STATUS_invalid, FIELD, "The name \"%s\" in this torrent holds a slash: rename it.",
                             name);
        if (letter < 0x20 || letter == 0x7f)
            return fault_set(why, STATUS_invalid, FIELD,
                             "The name \"%s\" in this torrent holds letters that cannot be shown: rename it.", name);
    }
    if (part.size > PART_MAX)
        return fault_set(why, STATUS_invalid, FIELD,
                         "The name \"%s…\" in this torrent is too long: shorten it to %d bytes.", name, PART_MAX);
    if (!utf8_valid(part))
        return fault_set(why, STATUS_invalid, FIELD, "The name \"%s\" in this torrent is not UTF-8: rename it.", name);
    return true;
}

/* A path while its parts are put together. */
struct path {
    char at[PATH_BYTES_MAX];
    size_t size;
};

static bool path_add(struct path *path, struct slice part, struct fault *why)
{
    if (!path_part_check(part, why))
        return false;
    size_t slash = path->size > 0;
    if (path->size + slash + part.size > sizeof path->at) {
        char name[80];
        return fault_set(why, STATUS_invalid, FIELD, "The path \"%s…\" in this torrent is too long: at most %d bytes.",
                         shown(slice_of(path->at, path->size), name, sizeof name), PATH_BYTES_MAX);
    }
    if (slash)
        path->at[path->size++] = '/';
    memcpy(path->at + path->size, part.at, part.size);
    path->size += part.size;
    return true;
}

static bool content_add(struct content *content, const struct path *path, int64_t length, struct slice root,
                        struct fault *why)
{
    if (content->count >= content->limits->files)
        return fault_set(why, STATUS_too_large, FIELD,
                         "This torrent has more than %zu files: pack some of them together.", content->limits->files);
    if (content->count == content->room) {
        size_t room = content->room == 0 ? 16 : content->room * 2;
        struct content_file *grown = arena_take(content->arena, room * sizeof *grown);
        if (content->count > 0)
            memcpy(grown, content->files, content->count * sizeof *grown);
        content->files = grown;
        content->room = room;
    }
    content->files[content->count++] = (struct content_file){
        .file = {.path = arena_copy(content->arena, slice_of(path->at, path->size)), .size = (uint64_t)length},
        .root = root,
    };
    content->size += (uint64_t)length;
    return true;
}

/* Adds to what the pieces cover; the sum stays far from overflow because the limit is checked at every step. */
static bool length_check(struct content *content, const struct bencode *length, struct fault *why)
{
    if (length->kind != BENCODE_integer || length->integer < 0)
        return fault_set(why, STATUS_invalid, FIELD,
                         "A file in this torrent has no proper length: make the torrent again.");
    uint64_t sum;
    if (__builtin_add_overflow(content->padded, (uint64_t)length->integer, &sum) || sum > content->limits->size)
        return fault_set(why, STATUS_too_large, FIELD, "The content of this torrent is larger than this site accepts.");
    content->padded = sum;
    return true;
}

static bool path_read(const struct bencode *list, struct path *path, struct fault *why)
{
    path->size = 0;
    if (list->kind != BENCODE_list)
        return fault_set(why, STATUS_invalid, FIELD, "A file in this torrent has no path: make the torrent again.");
    size_t place = 0;
    struct slice key;
    struct bencode part;
    while (bencode_next(list, &place, &key, &part)) {
        if (part.kind != BENCODE_text)
            return fault_set(why, STATUS_invalid, FIELD, "A path in this torrent is not text: make the torrent again.");
        if (!path_add(path, part.text, why))
            return false;
    }
    if (path->size == 0)
        return fault_set(why, STATUS_invalid, FIELD,
                         "A file in this torrent has an empty path: make the torrent again.");
    return true;
}

/* BEP 47: `p` marks padding, `l` a link whose target must stay inside as well. */
static bool attributes_check(const struct bencode *file, bool *padding, struct fault *why)
{
    struct bencode attributes = bencode_get(file, "attr");
    *padding = attributes.kind == BENCODE_text && memchr(attributes.text.at, 'p', attributes.text.size) != NULL;
    struct bencode target = bencode_get(file, "symlink path");
    struct path path;
    return target.kind == BENCODE_none || path_read(&target, &path, why);
}

static bool file_read_v1(const struct bencode *file, struct content *into, struct fault *why)
{
    if (file->kind != BENCODE_dict)
        return fault_set(why, STATUS_invalid, FIELD,
                         "The file list of this torrent is broken: make the torrent again.");
    struct bencode length = bencode_get(file, "length"), list = bencode_get(file, "path");
    struct path path;
    bool padding;
    if (!length_check(into, &length, why) || !path_read(&list, &path, why) || !attributes_check(file, &padding, why))
        return false;
    return padding || content_add(into, &path, length.integer, (struct slice){0}, why);
}

/* Order in which a folder is followed by what is inside it: '/' before any other letter. */
static int path_order(struct slice a, struct slice b)
{
    for (size_t i = 0; i < a.size && i < b.size; i++) {
        if (a.at[i] == b.at[i])
            continue;
        int left = a.at[i] == '/' ? 0 : (unsigned char)a.at[i];
        int right = b.at[i] == '/' ? 0 : (unsigned char)b.at[i];
        return left - right;
    }
    return (a.size > b.size) - (a.size < b.size);
}

static int file_order(const void *a, const void *b)
{
    return path_order(((const struct content_file *)a)->file.path, ((const struct content_file *)b)->file.path);
}

static bool content_sort(struct content *content, struct fault *why)
{
    if (content->size == 0)
        return fault_set(why, STATUS_invalid, FIELD, "There is nothing in this torrent: all of its files are empty.");
    qsort(content->files, content->count, sizeof *content->files, file_order);
    for (size_t i = 1; i < content->count; i++) {
        struct slice one = content->files[i - 1].file.path, next = content->files[i].file.path;
        char name[100];
        if (slice_equal(one, next))
            return fault_set(why, STATUS_invalid, FIELD,
                             "The path \"%s\" is in this torrent twice: make the torrent again.",
                             shown(one, name, sizeof name));
        if (next.size > one.size && next.at[one.size] == '/' && memcmp(one.at, next.at, one.size) == 0)
            return fault_set(why, STATUS_invalid, FIELD, "\"%s\" is both a file and a folder in this torrent.",
                             shown(one, name, sizeof name));
    }
    return true;
}

bool content_read_v1(const struct bencode *info, struct slice name, struct content *into, struct fault *why)
{
    struct bencode length = bencode_get(info, "length"), files = bencode_get(info, "files");
    if ((length.kind == BENCODE_none) == (files.kind == BENCODE_none))
        return fault_set(why, STATUS_invalid, FIELD, "This torrent must have either one length or a list of files.");
    if (files.kind == BENCODE_none) {
        struct path path = {.size = 0};
        return length_check(into, &length, why) && path_add(&path, name, why) &&
               content_add(into, &path, length.integer, (struct slice){0}, why) && content_sort(into, why);
    }
    if (files.kind != BENCODE_list)
        return fault_set(why, STATUS_invalid, FIELD,
                         "The file list of this torrent is broken: make the torrent again.");
    size_t place = 0;
    struct slice key;
    struct bencode file;
    while (bencode_next(&files, &place, &key, &file))
        if (!file_read_v1(&file, into, why))
            return false;
    return content_sort(into, why);
}

static bool file_read_v2(const struct bencode *file, const struct path *path, struct content *into, struct fault *why)
{
    struct bencode length = bencode_get(file, "length"), root = bencode_get(file, "pieces root");
    bool padding;
    if (!length_check(into, &length, why) || !attributes_check(file, &padding, why))
        return false;
    bool rooted = root.kind == BENCODE_text && root.text.size == 32;
    if (length.integer > 0 ? !rooted : root.kind != BENCODE_none)
        return fault_set(why, STATUS_invalid, FIELD,
                         "A file in this torrent has no proper pieces root: make the torrent again.");
    if (padding)
        return fault_set(why, STATUS_invalid, FIELD,
                         "The file tree of this torrent holds padding, which v2 has none of: make the torrent again.");
    return content_add(into, path, length.integer, root.text, why);
}

/* Depth is bounded by bencode_read. */
static bool tree_read(const struct bencode *folder, struct path *path, struct content *into, struct fault *why)
{
    size_t place = 0, before = path->size;
    struct slice name;
    struct bencode entry;
    while (bencode_next(folder, &place, &name, &entry)) {
        if (entry.kind != BENCODE_dict)
            return fault_set(why, STATUS_invalid, FIELD,
                             "The file tree of this torrent is broken: make the torrent again.");
        if (!path_add(path, name, why))
            return false;
        struct bencode file = bencode_get(&entry, "");
        if (file.kind == BENCODE_none) {
            if (!tree_read(&entry, path, into, why))
                return false;
        } else {
            size_t inside = 0, count = 0;
            struct bencode other;
            while (bencode_next(&entry, &inside, &name, &other))
                count++;
            if (file.kind != BENCODE_dict || count != 1)
                return fault_set(why, STATUS_invalid, FIELD,
                                 "The file tree of this torrent is broken: make the torrent again.");
            if (!file_read_v2(&file, path, into, why))
                return false;
        }
        path->size = before;
    }
    return true;
}

bool content_read_v2(const struct bencode *tree, struct content *into, struct fault *why)
{
    struct path path = {.size = 0};
    return tree_read(tree, &path, into, why) && content_sort(into, why);
}

bool content_equal(const struct content *a, const struct content *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->files[i].file.size != b->files[i].file.size ||
            !slice_equal(a->files[i].file.path, b->files[i].file.path))
            return false;
    return true;
}
