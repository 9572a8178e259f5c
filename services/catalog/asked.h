/* The title of a request taken apart, for the form of who has it: "Artist - Title (1987) [FLAC / Vinyl]". Only what is
 * certain: what brackets at the end say, and who made it where the plugin wants names. Pure. */
#ifndef DJEMBE_CATALOG_ASKED_H
#define DJEMBE_CATALOG_ASKED_H

#include "services/catalog/plugin.h"
#include "services/catalog/tree.h"

/* A map as catalog.torrent.add takes it; the group's name is always there. */
void asked_write(struct tree_writer *tree, const char *key, const struct plugin *plugin, struct slice title,
                 struct arena *arena);

#endif
