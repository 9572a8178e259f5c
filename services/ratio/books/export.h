/* `djembe-ratio --export`: the log of events as a history that --replay reads (RULES 6). Needs the database alone. */
#ifndef DJEMBE_RATIO_BOOKS_EXPORT_H
#define DJEMBE_RATIO_BOOKS_EXPORT_H

/* Writes to standard output. The exit status: 0, or 1 with one line on standard error. */
int export_main(void);

#endif
