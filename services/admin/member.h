/* Commands about people, and the plain request. */
#ifndef DJEMBE_ADMIN_MEMBER_H
#define DJEMBE_ADMIN_MEMBER_H

#include "services/admin/command.h"

void run_member_add(const struct command *command);
void run_invite(const struct command *command);
void run_bus(const struct command *command);

#endif
