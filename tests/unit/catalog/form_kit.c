#include "tests/unit/catalog/form_kit.h"

#include "tests/unit/catalog/catalog_unit.h"

#include <stdlib.h>

int form_kit_begin(void **state)
{
    static const char *const files[] = {"01.flac", NULL};
    struct form_kit *kit = mem_zero(1, sizeof *kit);
    kit->arena = arena_new();
    kit->plugin = plugin_find(slice_text("music"));
    msgpack_sbuffer_init(&kit->packed);
    msgpack_zone_init(&kit->zone, 1024);
    form_kit_torrent(kit, "anything", files);
    form_kit_set(kit, "artists", "A");
    form_kit_set(kit, "title", "Name");
    form_kit_set(kit, "year", "1999");
    form_kit_set(kit, "release_type", "Album");
    form_kit_set(kit, "media", "CD");
    form_kit_set(kit, "format", "FLAC");
    form_kit_set(kit, "bitrate", "Lossless");
    *state = kit;
    return 0;
}

int form_kit_end(void **state)
{
    struct form_kit *kit = *state;
    arena_destroy(&kit->arena);
    msgpack_sbuffer_destroy(&kit->packed);
    msgpack_zone_destroy(&kit->zone);
    free(kit);
    return 0;
}

void form_kit_set(struct form_kit *kit, const char *name, const char *text)
{
    size_t place = 0;
    while (place < kit->count && strcmp(kit->names[place], name) != 0)
        place++;
    kit->names[place] = name;
    kit->texts[place] = text;
    if (place == kit->count)
        kit->count++;
}

static void pack_several(msgpack_packer *packer, const char *text)
{
    size_t count = 1;
    for (const char *at = text; (at = strchr(at, '|')) != NULL; at++)
        count++;
    msgpack_pack_array(packer, count);
    for (size_t i = 0; i < count; i++) {
        size_t size = strcspn(text, "|");
        pack_text(packer, slice_of(text, size));
        text += size + 1;
    }
}

static void form_kit_pack(struct form_kit *kit)
{
    msgpack_packer packer;
    size_t count = 0;
    for (size_t i = 0; i < kit->count; i++)
        count += kit->texts[i] != NULL;
    msgpack_sbuffer_clear(&kit->packed);
    msgpack_packer_init(&packer, &kit->packed, msgpack_sbuffer_write);
    msgpack_pack_map(&packer, count);
    for (size_t i = 0; i < kit->count; i++) {
        if (kit->texts[i] == NULL)
            continue;
        pack_key(&packer, kit->names[i]);
        if (strchr(kit->texts[i], '|') != NULL)
            pack_several(&packer, kit->texts[i]);
        else
            pack_text(&packer, slice_text(kit->texts[i]));
    }
}

bool form_kit_check(struct form_kit *kit, enum level_kind from, bool guess)
{
    msgpack_object object;
    form_kit_pack(kit);
    kit->why = (struct fault){0};
    kit->submission = (struct submission){0};
    if (!object_read(slice_of(kit->packed.data, kit->packed.size), 1 << 20, &kit->zone, &object, &kit->why) ||
        !form_read(kit->plugin, &object, kit->arena, &kit->form, &kit->why))
        return false;
    if (guess)
        kit->plugin->guess(&kit->metainfo, kit->arena, &kit->form);
    form_complete(&kit->form, 1795501200000, kit->arena);
    return form_check(&kit->form, from, LEVEL_unit, &kit->metainfo, kit->arena, &kit->submission, &kit->why);
}

void form_kit_guess(struct form_kit *kit, const char *torrent, const char *file, const char *name, const char *text)
{
    const char *const files[] = {file, NULL};
    kit->count = 0;
    form_kit_torrent(kit, torrent, files);
    if (name != NULL)
        form_kit_set(kit, name, text);
    if (!form_kit_check(kit, LEVEL_group, true))
        fail_msg("%s: %s %s", torrent, kit->why.field, kit->why.text);
}

struct slice form_kit_value(const struct form_kit *kit, const char *name)
{
    return plugin_value(kit->plugin, &kit->submission.values, name);
}

void form_kit_torrent(struct form_kit *kit, const char *name, const char *const *paths)
{
    size_t count = 0;
    while (paths[count] != NULL)
        count++;
    struct metainfo_file *files = arena_take(kit->arena, (count + 1) * sizeof *files);
    for (size_t i = 0; i < count; i++)
        files[i] = (struct metainfo_file){.path = slice_text(paths[i]), .size = 1000};
    kit->metainfo = (struct metainfo){.name = slice_text(name), .files = files, .files_count = count};
}
