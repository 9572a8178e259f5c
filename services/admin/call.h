/* One request on the bus, waited for: the tool does nothing else meanwhile. */
#ifndef DJEMBE_ADMIN_CALL_H
#define DJEMBE_ADMIN_CALL_H

#include "proto/fault.h"

#include <jansson.h>

/* Opens the bus under the key `admin`, with the settings of the environment. Ends the process when it cannot. */
void call_start(void);
void call_stop(void);

/* Prints the settings that are read, with today's values. */
void call_help(void);

/* Sends `body` (a JSON object; NULL: an empty one) on behalf of `actor` (0: the operator) and gives the reply, a new
 * reference; NULL with `why` when it is not ok. A missing idempotency key is filled in. */
json_t *call(const char *method, const json_t *body, uint64_t actor, struct fault *why);

#endif
