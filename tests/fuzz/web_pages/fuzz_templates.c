/* Any bytes as a template and its partial, rendered with a context that has every kind of value, and decorated as a
 * tree. The input is the template, and behind a NUL the partial `part`. */
#include "services/web/mustache.h"
#include "services/web/tree.h"

static const msgpack_object *context(void)
{
    static struct tree_writer *writer;
    static const msgpack_object *finished;
    if (finished != NULL) {
        return finished;
    }
    writer = tree_new();
    tree_string(writer, "a", "<text>");
    tree_count(writer, "b", 7);
    tree_number(writer, "c", -7);
    tree_flag(writer, "d", true);
    tree_flag(writer, "e", false);
    tree_nil(writer, "f");
    tree_open_array(writer, "g");
    for (int i = 0; i < 3; i++) {
        tree_open_map(writer, NULL);
        tree_print(writer, "a", "%d\nline", i);
        tree_size(writer, "size", 1024);
        tree_close(writer);
    }
    tree_close(writer);
    finished = tree_finish(writer);
    return finished;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault why = {0};
    struct buffer out = {0};
    const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
    size_t first = nul != NULL ? (size_t)(nul - data) : size;
    struct slice part = nul != NULL ? slice_of(nul + 1, size - first - 1) : slice_of(NULL, 0);
    struct mustache_set *set = mustache_new();
    if (mustache_add(set, "page", slice_of(data, first), &why) && mustache_add(set, "part", part, &why)) {
        mustache_check(set, &why);
        mustache_render(set, "page", context(), &out, &why);
    }
    buffer_free(&out);
    mustache_destroy(&set);
    return 0;
}
