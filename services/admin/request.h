/* Commands that are one request: about people, and any that is typed. */
#ifndef DJEMBE_ADMIN_REQUEST_H
#define DJEMBE_ADMIN_REQUEST_H

#include "services/admin/command.h"

void run_member_add(const struct command *command);
void run_invite(const struct command *command);
void run_bus(const struct command *command);

#endif
