/* The rules about members' names and classes. Pure. */
#ifndef DJEMBE_WEB_ACCOUNT_H
#define DJEMBE_WEB_ACCOUNT_H

#include "proto/fault.h"

#define ACCOUNT_NAME_MAX 32

/* May somebody be called that? False with the sentence in `why` (field "name"). */
bool account_name_good(struct slice name, struct fault *why);

/* The name in lower case, by which it is unique; NUL-terminated. Cut when longer than a name may be. */
void account_name_key(struct slice name, char into[ACCOUNT_NAME_MAX + 1]);

bool account_class_known(struct slice class_name);
/* How the class is called on pages. */
const char *account_class_title(struct slice class_name);
/* May read and act on what staff may. */
bool account_class_is_staff(struct slice class_name);

#endif
