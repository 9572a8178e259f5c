/* What somebody means who types a number, or an address of the site where a path is enough. Pure. */
#ifndef DJEMBE_WEB_ADDRESS_H
#define DJEMBE_WEB_ADDRESS_H

#include "proto/slice.h"

/* The torrent of an address that has it (…#t34, …/torrent/34.torrent), or, when `bare`, of its number; 0: none. */
uint64_t address_torrent(struct slice typed, bool bare);

/* The entity of an address of its page (…/music/album/12?…#…), or of its number; 0: none. */
uint64_t address_entity(struct slice typed);

#endif
