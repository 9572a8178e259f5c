/* What a page shows beside the catalog's trees and the catalog does not know: swarms, snatches, uploaders' names. */
#ifndef DJEMBE_WEB_EXTRAS_H
#define DJEMBE_WEB_EXTRAS_H

#include "services/web/visit.h"

struct extras;

/* Asks for everything that the trees (NULLs are skipped) speak of; `done` follows, perhaps at once. What cannot be
 * asked is noted with visit_missing. */
struct extras *extras_ask(struct visit *visit, const msgpack_object *const *trees, size_t count,
                          void (*done)(struct visit *visit));

/* For tree_decorate. */
const struct tree_extra *extras_known(const struct extras *extras);

#endif
