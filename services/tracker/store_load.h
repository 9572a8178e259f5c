/* Reads the stored sessions page after page into the tracker's memory, while announces go on. */
#ifndef DJEMBE_TRACKER_STORE_LOAD_H
#define DJEMBE_TRACKER_STORE_LOAD_H

#include "services/common/db.h"
#include "services/tracker/tracker.h"

struct store_load;

extern const struct statement load_sessions;

/* `loaded` is called once, when all has been read. A page that fails is asked for again. */
struct store_load *store_load_new(struct loop *loop, struct db *db, struct tracker *tracker, void (*loaded)(void *arg),
                                  void *arg);
void store_load_destroy(struct store_load **load);

#endif
