/* How far it is: a bar that is drawn anew on a terminal, else a line now and then. On standard error. */
#ifndef DJEMBE_CATALOG_IMPORT_PROGRESS_H
#define DJEMBE_CATALOG_IMPORT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    const char *what; /* "albums" */
    uint64_t done, total, begun_with;
    int64_t begun_at, told_at; /* clock_ticks */
    bool terminal;
};

/* `done` of `total` are done already. */
void progress_begin(struct progress *progress, const char *what, uint64_t done, uint64_t total);
void progress_to(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress);
/* Makes room for a line of its own. */
void progress_clear(const struct progress *progress);

/* The bar or the line, for a clock that says `now`; pure. */
void progress_write(const struct progress *progress, int64_t now, char *into, size_t size);

#endif
