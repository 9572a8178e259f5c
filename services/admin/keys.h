/* The certificates of the bus. */
#ifndef DJEMBE_ADMIN_KEYS_H
#define DJEMBE_ADMIN_KEYS_H

#include "services/admin/command.h"

/* keys FOLDER: makes those that are missing. */
void run_keys(const struct command *command);

#endif
