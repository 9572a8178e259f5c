/* The catalog's plugins as last heard: they change only with a new version of the catalog, and every page names them.
 */
#ifndef DJEMBE_WEB_PLUGINS_H
#define DJEMBE_WEB_PLUGINS_H

#include "proto/proto.h"

/* Asks now and then, until plugins_stop. */
void plugins_start(void);
void plugins_stop(void);

/* The array of catalog.plugin.list, or NULL when it was never heard. Valid until the loop's next turn. */
const msgpack_object *plugins_list(void);

/* One of them by name; NULL: there is none (or none was ever heard). */
const msgpack_object *plugins_find(struct slice name);

#endif
