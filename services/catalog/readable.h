/* Do a torrent's file names look as if somebody could read them? What was encrypted and packed as it should be has
 * names that say nothing; what was not usually shows itself by its names. A guess, good enough for a warning. Pure. */
#ifndef DJEMBE_CATALOG_READABLE_H
#define DJEMBE_CATALOG_READABLE_H

#include "services/catalog/metainfo.h"

/* Whether a path says something to a stranger: a word, or an ending of files that are not encrypted (".jpg"). An ending
 * of encrypted ones (".age") settles it: then the name was chosen, and the content is closed. */
bool path_readable(struct slice path);

/* How many of a torrent's paths do, and in `first` the first that does. Its own name is one of them. */
size_t names_readable(const struct metainfo *metainfo, struct slice *first);

#endif
