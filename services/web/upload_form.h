/* The upload form of a plugin: shown from the catalog's description, and read back into what the catalog takes. Pure.
 */
#ifndef DJEMBE_WEB_UPLOAD_FORM_H
#define DJEMBE_WEB_UPLOAD_FORM_H

#include "services/web/form.h"
#include "services/web/tree.h"

/* Writes `sections` (services/web/README.md) with what was typed. `why` (may be NULL) marks its field: true when that
 * field is shown. `below` leaves out the levels down to and including the plugin's group. `extra` adds that many more
 * empty rows to the field of that name; `loose` is a level whose fields need not be filled (empty: none). */
bool upload_form_write(struct tree_writer *out, const msgpack_object *plugin, const struct form *typed,
                       const struct fault *why, bool below, struct slice loose, struct slice more);

/* The same with the sections of some levels, in that order, and of those only the fields that the map `only` has (NULL:
 * all). */
bool upload_form_write_levels(struct tree_writer *out, const msgpack_object *plugin, const struct slice *names,
                              size_t count, const msgpack_object *only, const struct form *typed,
                              const struct fault *why, struct slice more);

/* Adds what the catalog has (catalog.entity.form) to `into`, as if it had been typed. */
void upload_form_add(const msgpack_object *fields, struct arena *arena, struct form *into);

/* Writes the map that catalog.torrent.add takes as its fields, of every field of the plugin that was filled. */
void upload_form_read(struct tree_writer *out, const msgpack_object *plugin, const struct form *typed);

#endif
