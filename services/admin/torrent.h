/* Commands about torrents. */
#ifndef DJEMBE_ADMIN_TORRENT_H
#define DJEMBE_ADMIN_TORRENT_H

#include "services/admin/command.h"

/* torrent add FILE: what the upload form does, as that member. */
void run_torrent_add(const struct command *command);

#endif
