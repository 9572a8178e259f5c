/* What members are told of a posting: notices for their inboxes, in the transaction of what they tell of. */
#ifndef DJEMBE_RATIO_BOOKS_TELL_H
#define DJEMBE_RATIO_BOOKS_TELL_H

#include "services/ratio/books/posting.h"

/* Asks for all notices to be told, but those of debt clocks, which are first compared with what was told before: `then`
 * is called when that is done. */
void tell_members(struct posting *posting, void (*then)(void *arg), void *arg);

#endif
