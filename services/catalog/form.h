/* A form as it was sent, and the check of it against a plugin. Pure. */
#ifndef DJEMBE_CATALOG_FORM_H
#define DJEMBE_CATALOG_FORM_H

#include "proto/codec.h"
#include "services/catalog/plugin.h"

struct form_credit {
    const struct attribute *attribute;
    struct slice name, role, note;
};

/* What was sent, as text; empty is missing. By the place of the attribute in the plugin's list. */
struct form {
    const struct plugin *plugin;
    struct slice text[ATTRIBUTES_MAX];
    struct form_credit credits[CREDITS_MAX];
    size_t credits_count;
};

/* Reads the tree `fields` of catalog.torrent.add: a map from a field's name to a text, number or flag, or to an array
 * of them where it repeats. Text is borrowed from the tree or lives in the arena. A missing tree is an empty form. */
bool form_read(const struct plugin *plugin, const msgpack_object *fields, struct arena *arena, struct form *into,
               struct fault *why);

/* For guesses: sets what is missing. */
void form_fill(struct form *form, const char *name, struct slice text);
void form_fill_credit(struct form *form, const char *attribute, const char *role, struct slice name);
bool form_lacks(const struct form *form, const char *name);

/* Sets what is missing to what the report says (MediaInfo, BDInfo). */
void form_derive(struct form *form);

/* The same, else to what the plugin takes then; `now` in unix ms. */
void form_complete(struct form *form, int64_t now, struct arena *arena);

/* The tags in a text, in `into`: lower case, with '.' for a space, each once. */
bool form_tags(const struct attribute *attribute, struct slice text, struct arena *arena, struct submission *into,
               struct fault *why);

/* Checks all fields of the levels `from` to `to`, in the plugin's order; the first fault names its field.
 * `into->values` may hold the values of the other levels already. */
bool form_check(const struct form *form, enum level_kind from, enum level_kind to, const struct metainfo *metainfo,
                struct arena *arena, struct submission *into, struct fault *why);

#endif
