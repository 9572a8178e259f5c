/* Any text as a search of any plugin: what is read has texts within what was typed or as numbers are written, and no
 * more terms than there is room for, those of files and texts apart; what is refused has a sentence. */
#include "services/catalog/query.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names of files and texts are words of a plugin that has such. */
static bool written_alone(const struct query_term *term, const struct plugin *plugin)
{
    unsigned written = term->kind & (QUERY_files | QUERY_texts);
    if (written == 0)
        return true;
    return (term->kind & ~(unsigned)QUERY_begins) == written && term->tag.size == 0 &&
           written == query_written(plugin, slice_text(written == QUERY_files ? "file" : "text"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    static struct query query;
    struct fault why = {0};
    if (size == 0)
        return 0;
    if (arena == NULL)
        arena = arena_new();
    const struct plugin *plugin = data[0] < plugins_count ? plugins[data[0]] : NULL;
    char *text = arena_take(arena, size); /* its own, so that a byte behind it is seen to be read */
    memcpy(text, data + 1, size - 1);
    if (query_read(slice_of(text, size - 1), plugin, arena, &query, &why)) {
        assert(query.count <= QUERY_TERMS_MAX);
        for (size_t i = 0; i < query.count; i++)
            assert(query.terms[i].clause != 0 && query.terms[i].text.size < size + 20 &&
                   written_alone(&query.terms[i], plugin));
    } else {
        assert(why.text[0] != '\0' && why.status == STATUS_invalid && strcmp(why.field, "query") == 0);
    }
    arena_reset(arena);
    return 0;
}
