/* The upload form of a plugin: shown from the catalog's description, and read back into what the catalog takes. Pure.
 */
#ifndef DJEMBE_WEB_UPLOAD_FORM_H
#define DJEMBE_WEB_UPLOAD_FORM_H

#include "services/web/form.h"
#include "services/web/tree.h"

/* Writes `sections` (services/web/README.md) with what was typed. `why` (may be NULL) marks its field: true when that
 * field is shown. `below` leaves out the levels down to and including the plugin's group. `extra` adds that many more
 * empty rows to the field of that name. */
bool upload_form_write(struct tree_writer *out, const msgpack_object *plugin, const struct form *typed,
                       const struct fault *why, bool below, struct slice more);

/* The same with the one level's section, and of that only the fields that the map `only` has. */
bool upload_form_write_level(struct tree_writer *out, const msgpack_object *plugin, struct slice level,
                             const msgpack_object *only, const struct form *typed, const struct fault *why,
                             struct slice more);

/* Writes the map that catalog.torrent.add takes as its fields, of every field of the plugin that was filled. */
void upload_form_read(struct tree_writer *out, const msgpack_object *plugin, const struct form *typed);

#endif
