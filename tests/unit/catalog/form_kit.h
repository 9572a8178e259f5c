/* Forms made by hand: a map from names to texts or arrays of texts, sent through msgpack as a page sends it. */
#ifndef DJEMBE_TESTS_CATALOG_FORM_KIT_H
#define DJEMBE_TESTS_CATALOG_FORM_KIT_H

#include "services/catalog/form.h"

struct form_kit {
    struct arena *arena;
    msgpack_sbuffer packed;
    msgpack_zone zone;
    const char *names[64];
    const char *texts[64]; /* several values are separated by '|' */
    size_t count;
    const struct plugin *plugin;
    struct metainfo metainfo;
    struct form form;
    struct submission submission;
    struct fault why;
};

/* Setup and teardown for cmocka: a whole, good Music form about one FLAC file. */
int form_kit_begin(void **state);
int form_kit_end(void **state);

/* Sets, replaces, or with NULL takes away. */
void form_kit_set(struct form_kit *kit, const char *name, const char *text);

/* Reads and checks it all; guesses first when asked to. */
bool form_kit_check(struct form_kit *kit, enum level_kind from, bool guess);

/* What a torrent of this name with this one file lets guess, and nothing else but `name` with `text`, if that is given:
 * all that is needed, or the test fails. */
void form_kit_guess(struct form_kit *kit, const char *torrent, const char *file, const char *name, const char *text);

/* The checked value of an attribute. */
struct slice form_kit_value(const struct form_kit *kit, const char *name);

/* The torrent's files, of 1000 bytes each, NULL at the end. */
void form_kit_torrent(struct form_kit *kit, const char *name, const char *const *paths);

#endif
