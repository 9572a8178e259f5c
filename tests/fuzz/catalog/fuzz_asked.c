/* Any text as the title of a request of any plugin: a map comes of it that can be read, with the group's name. */
#include "services/catalog/asked.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    struct tree_writer tree;
    msgpack_unpacked read;
    if (size == 0)
        return 0;
    if (arena == NULL)
        arena = arena_new();
    const struct plugin *plugin = plugins[data[0] % plugins_count];
    char *text = arena_take(arena, size); /* its own, so that a byte behind it is seen to be read */
    memcpy(text, data + 1, size - 1);
    tree_start(&tree);
    tree_map(&tree, NULL);
    asked_write(&tree, "fields", plugin, slice_of(text, size - 1), arena);
    tree_end(&tree);
    msgpack_unpacked_init(&read);
    assert(msgpack_unpack_next(&read, tree.out.data, tree.out.size, NULL) == MSGPACK_UNPACK_SUCCESS);
    assert(map_find(map_find(&read.data, "fields"), plugin->levels[LEVEL_group].named) != NULL);
    msgpack_unpacked_destroy(&read);
    tree_free(&tree);
    arena_reset(arena);
    return 0;
}
