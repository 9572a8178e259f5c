/* The folder of certificates (DJEMBE_KEYS): who may speak on the bus. One CZMQ certificate a service, as two files:
 * <service>.key is public, <service>.key_secret is readable by its owner alone. */
#ifndef DJEMBE_COMMON_KEYS_H
#define DJEMBE_COMMON_KEYS_H

#include "proto/fault.h"

/* Makes the folder and each certificate in it that is missing; what is there stays as it is. Interrupted at any step,
 * it can be called again. */
bool keys_make(const char *folder, struct fault *why);

#endif
