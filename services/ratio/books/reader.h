/* A connection of its own for readers: session totals may hold all others in their transactions, and a page must not
 * wait for them. */
#ifndef DJEMBE_RATIO_BOOKS_READER_H
#define DJEMBE_RATIO_BOOKS_READER_H

#include "services/common/db.h"

/* DJEMBE_DATABASE, as every daemon has it; ends the program when it cannot be read. */
const char *reader_address(void);
struct db *reader_new(struct loop *loop);

#endif
