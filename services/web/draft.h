/* A torrent kept for an hour while its form is corrected. */
#ifndef DJEMBE_WEB_DRAFT_H
#define DJEMBE_WEB_DRAFT_H

#include "services/common/db.h"

struct draft {
    uint64_t id;
    struct slice name, content;
};

/* id 0 in the callback: it could not be kept. */
typedef void draft_kept_fn(void *arg, uint64_t id);
void draft_keep(uint64_t member, struct slice name, struct slice content, draft_kept_fn *kept, void *arg);

/* `draft` NULL: there is none of that id (any more), or the table could not be read (why). */
typedef void draft_found_fn(void *arg, const struct draft *draft, const struct fault *why);
void draft_look(uint64_t member, uint64_t id, draft_found_fn *found, void *arg);

void draft_forget(uint64_t member, uint64_t id);

/* Forgets those that are older than an hour. */
void draft_sweep(void);

#endif
