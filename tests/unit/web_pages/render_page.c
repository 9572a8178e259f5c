/* For looking at a template without a running site: render_page TEMPLATES NAME < context.json > page.html. TEMPLATES is
 * the folder; everything in it is compiled and checked, as at start. */
#include "services/common/arena.h"
#include "services/web/mustache.h"
#include "services/web/tree.h"
#include "tests/unit/web_pages/json_tree.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEMPLATES_MAX 100
#define ROWS_MAX 100

static struct slice read_file(const char *path)
{
    struct buffer text = {0};
    char part[4096];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;) {
        buffer_add(&text, part, got);
    }
    fclose(file);
    return buffer_slice(&text);
}

/* Files are kept until the program ends. */
static const struct embedded *read_folder(char *folder)
{
    static struct embedded files[TEMPLATES_MAX + 1];
    char *const roots[] = {folder, NULL};
    size_t count = 0;
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *entry; (entry = fts_read(walk)) != NULL && count < TEMPLATES_MAX;) {
        if (entry->fts_info != FTS_F) {
            continue;
        }
        struct slice text = read_file(entry->fts_path);
        const char *below = entry->fts_path + strlen(folder) + 1;
        files[count++] = (struct embedded){mem_text(slice_text(below)), text.at, text.size};
    }
    fts_close(walk);
    return files;
}

static uint64_t number_of(const json_t *map, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(map, key));
}

static void decorate(struct tree_writer *writer, const json_t *json, const msgpack_object *context)
{
    struct swarm_count swarms[ROWS_MAX];
    struct torrent_count snatches[ROWS_MAX];
    struct tree_name names[ROWS_MAX];
    const json_t *rows = json_object_get(json, "swarms");
    struct tree_extra extra = {.now = (int64_t)number_of(json, "now"),
                               .swarms = swarms,
                               .swarms_known = json_is_array(rows),
                               .snatches = snatches,
                               .snatches_known = json_is_array(rows),
                               .names = names};
    for (size_t i = 0; i < json_array_size(rows) && i < ROWS_MAX; i++) {
        const json_t *row = json_array_get(rows, i);
        uint64_t torrent = number_of(row, "torrent");
        swarms[extra.swarms_count++] = (struct swarm_count){
            .torrent = torrent, .seeders = number_of(row, "seeders"), .leechers = number_of(row, "leechers")};
        snatches[extra.snatches_count++] =
            (struct torrent_count){.torrent = torrent,
                                   .snatches = number_of(row, "snatches"),
                                   .has_factor = json_is_integer(json_object_get(row, "download_percent")),
                                   .upload_percent = number_of(row, "upload_percent"),
                                   .download_percent = number_of(row, "download_percent")};
    }
    rows = json_object_get(json, "names");
    for (size_t i = 0; i < json_array_size(rows) && i < ROWS_MAX; i++) {
        const json_t *row = json_array_get(rows, i);
        names[extra.names_count++] =
            (struct tree_name){number_of(row, "user"), slice_text(json_string_value(json_object_get(row, "name")))};
    }
    for (uint32_t i = 0; i < context->via.map.size; i++) {
        const msgpack_object_kv *entry = &context->via.map.ptr[i];
        char *key = mem_text(slice_of(entry->key.via.str.ptr, entry->key.via.str.size));
        tree_decorate(writer, key, &entry->val, &extra);
        free(key);
    }
}

int main(int argc, char **argv)
{
    struct fault why = {0};
    struct buffer out = {0};
    json_error_t error;
    if (argc != 3) {
        fprintf(stderr, "usage: render_page TEMPLATES NAME < context.json\n");
        return EXIT_FAILURE;
    }
    struct mustache_set *set = mustache_load(read_folder(argv[1]), &why);
    json_t *json = json_loadf(stdin, 0, &error);
    if (set == NULL || json == NULL) {
        fprintf(stderr, "%s\n", set == NULL ? why.text : error.text);
        return EXIT_FAILURE;
    }
    msgpack_zone *zone = msgpack_zone_new(65536);
    msgpack_object context = json_tree(json, zone);
    struct tree_writer *writer = tree_new();
    decorate(writer, json, &context);
    if (!mustache_render(set, argv[2], tree_finish(writer), &out, &why)) {
        fprintf(stderr, "%s\n", why.text);
        return EXIT_FAILURE;
    }
    fwrite(out.at, 1, out.size, stdout);
    fflush(stdout);
    _exit(EXIT_SUCCESS); /* nothing is freed one by one in a program that prints one page: no leak report either */
}
