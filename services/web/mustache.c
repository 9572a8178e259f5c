/* The set of templates: compiled once, found by name. Knows nothing of syntax or rendering. */
#include "services/web/mustache.h"

#include "services/common/arena.h"
#include "services/web/mustache_nodes.h"

#include <stdlib.h>

struct mustache_set {
    struct mustache_template *templates;
    size_t count, room;
};

struct mustache_set *mustache_new(void)
{
    return mem_zero(1, sizeof(struct mustache_set));
}

void mustache_destroy(struct mustache_set **set)
{
    if (*set == NULL) {
        return;
    }
    for (size_t i = 0; i < (*set)->count; i++) {
        mustache_template_free(&(*set)->templates[i]);
    }
    free((*set)->templates);
    free(*set);
    *set = NULL;
}

const struct mustache_template *mustache_find(const struct mustache_set *set, struct slice name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (slice_is(name, set->templates[i].name)) {
            return &set->templates[i];
        }
    }
    return NULL;
}

bool mustache_has(const struct mustache_set *set, const char *name)
{
    return mustache_find(set, slice_text(name)) != NULL;
}

static bool add(struct mustache_set *set, struct slice name, struct slice text, struct fault *why)
{
    if (mustache_find(set, name) != NULL) {
        return fault_set(why, STATUS_internal, NULL, "there are two templates named %.*s", SLICE_ARGS(name));
    }
    if (set->count == set->room) {
        set->room = set->room > 0 ? set->room * 2 : 16;
        set->templates = mem_grow(set->templates, set->room * sizeof *set->templates);
    }
    struct mustache_template *fresh = &set->templates[set->count++];
    *fresh = (struct mustache_template){.name = mem_text(name)};
    return mustache_parse(fresh, text, why);
}

bool mustache_add(struct mustache_set *set, const char *name, struct slice text, struct fault *why)
{
    return add(set, slice_text(name), text, why);
}

bool mustache_check(const struct mustache_set *set, struct fault *why)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct mustache_template *template = &set->templates[i];
        for (size_t j = 0; j < template->count; j++) {
            const struct mustache_node *node = &template->nodes[j];
            if (node->kind == MUSTACHE_partial && mustache_find(set, node->text) == NULL) {
                return fault_set(why, STATUS_internal, NULL, "%s:%u: there is no template %.*s", template->name,
                                 node->line, SLICE_ARGS(node->text));
            }
        }
    }
    return true;
}

static bool add_files(struct mustache_set *set, const struct embedded *files, struct fault *why)
{
    static const struct slice suffix = {".mustache", sizeof ".mustache" - 1};
    for (; files->path != NULL; files++) {
        struct slice path = slice_text(files->path);
        if (path.size <= suffix.size || memcmp(path.at + path.size - suffix.size, suffix.at, suffix.size) != 0) {
            continue;
        }
        path.size -= suffix.size;
        if (!add(set, path, slice_of(files->at, files->size), why)) {
            return false;
        }
    }
    return mustache_check(set, why);
}

struct mustache_set *mustache_load(const struct embedded *files, struct fault *why)
{
    struct mustache_set *set = mustache_new();
    if (!add_files(set, files, why)) {
        mustache_destroy(&set);
    }
    return set;
}
