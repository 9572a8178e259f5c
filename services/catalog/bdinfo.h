/* BDInfo's report of a disc, whole or its quick summary, as uploaders paste it: what of it is asked for here. Pure. */
#ifndef DJEMBE_CATALOG_BDINFO_H
#define DJEMBE_CATALOG_BDINFO_H

#include "services/catalog/mediainfo.h"

/* The codec of a whole disc is its size ("BD50"). Borrows nothing. False: that is no such report, nothing is read. */
bool bdinfo_read(struct slice report, struct mediainfo *into);

#endif
