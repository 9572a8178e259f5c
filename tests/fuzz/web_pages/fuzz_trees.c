/* Any msgpack that the bus would let through, decorated as a page's tree and rendered by a template that walks into it.
 */
#include "services/web/mustache.h"
#include "services/web/tree.h"

static struct mustache_set *templates(void)
{
    static struct mustache_set *set;
    if (set == NULL) {
        struct fault why;
        set = mustache_new();
        mustache_add(set, "page",
                     slice_text("{{#t}}{{.}}{{a}}{{#g}}{{a}}{{size_text}}{{seeders}}{{>page}}{{/g}}{{/t}}"), &why);
    }
    return set;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct swarm_count swarms[] = {{.torrent = 1, .seeders = 2, .leechers = 3}};
    const struct tree_extra extra = {.now = INT64_MAX, .swarms = swarms, .swarms_count = 1, .swarms_known = true};
    struct fault why = {0};
    struct buffer out = {0};
    struct tree_ids ids = {0};
    msgpack_object tree;
    msgpack_zone *zone = msgpack_zone_new(1024);
    if (object_read(slice_of(data, size), 65536, zone, &tree, &why)) {
        struct tree_writer *writer = tree_new();
        tree_collect(&tree, &ids);
        tree_decorate(writer, "t", &tree, &extra);
        mustache_render(templates(), "page", tree_finish(writer), &out, &why);
        tree_destroy(&writer);
    }
    buffer_free(&out);
    msgpack_zone_free(zone);
    return 0;
}
