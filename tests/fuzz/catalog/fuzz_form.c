/* Any tree as a form, and any name as a torrent's: guesses and checks hold their limits, and a fault names a field. */
#include "services/catalog/form.h"
#include "services/catalog/line.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct plugin *plugin, const msgpack_object *fields, const struct metainfo *metainfo,
                  struct arena *arena, bool guess)
{
    struct form form;
    struct fault why = {0};
    struct submission submission = {0};
    if (!form_read(plugin, fields, arena, &form, &why)) {
        assert(why.field[0] != '\0');
        return;
    }
    if (guess && plugin->guess != NULL)
        plugin->guess(metainfo, arena, &form);
    form_complete(&form, 1795501200000, arena);
    if (!form_check(&form, LEVEL_group, LEVEL_unit, metainfo, arena, &submission, &why)) {
        assert(why.field[0] != '\0' && why.text[0] != '\0');
        return;
    }
    assert(plugin->owned || submission.credits_count > 0);
    assert(submission.credits_count <= CREDITS_MAX);
    assert(submission.tags_count <= TAGS_MAX);
    struct buffer line = {0};
    struct line_source source = {
        .plugin = plugin, .values = &submission.values, .credits = submission.credits[0].name, .name = slice_text("x")};
    line_write_whole(&source, &line);
    line_write_file_name(&source, &line);
    buffer_free(&line);
}

/* The first byte says how long the torrent's name is, then the name, then the form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t name = size > 0 && data[0] < size ? data[0] : 0;
    msgpack_zone zone;
    msgpack_object object;
    struct fault why = {0};
    if (size < 1)
        return 0;
    struct slice packed = slice_of(data + 1 + name, size - 1 - name);
    struct metainfo_file file = {.path = slice_text("01.flac"), .size = 1};
    struct metainfo metainfo = {.name = slice_of(data + 1, name), .files = &file, .files_count = 1};
    struct arena *arena = arena_new();
    msgpack_zone_init(&zone, 1024);
    bool whole = object_read(packed, 65536, &zone, &object, &why);
    for (size_t i = 0; i < plugins_count; i++) {
        check(plugins[i], whole ? &object : NULL, &metainfo, arena, true);
        if (whole)
            check(plugins[i], &object, &metainfo, arena, false);
    }
    msgpack_zone_destroy(&zone);
    arena_destroy(&arena);
    return 0;
}
