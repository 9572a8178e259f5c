/* Where members stand with the ordinary ratio: read for pages, and moved on by the tick. */
#ifndef DJEMBE_RATIO_STANDING_H
#define DJEMBE_RATIO_STANDING_H

#include "services/common/db.h"
#include "services/ratio/ordinary.h"

/* What the daemon's settings make of the rules. */
extern struct ordinary_rules ordinary_settings;

/* The statement standing_figures: its arguments for some members, and what a row of it tells. Without a lock the watch
 * is as it was when the statement began. */
struct db_args *standing_args(const int64_t *users, size_t count, int64_t now);
void standing_read(const struct db_rows *rows, size_t row, struct ordinary *into);

#endif
