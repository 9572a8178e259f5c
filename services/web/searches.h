/* Searches that members keep, as other pages need them. */
#ifndef DJEMBE_WEB_SEARCHES_H
#define DJEMBE_WEB_SEARCHES_H

#include "services/web/visit.h"

/* Where the list is that a saved search opens, of a map of catalog.search.list. */
const char *search_href(struct visit *visit, const msgpack_object *search);

#endif
