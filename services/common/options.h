/* Settings: environment variables DJEMBE_*, declared as rows of a table. The table gives the parser, the range check,
 * `--help` and the operator's guide. A wrong value stops the start with one line that names the variable. */
#ifndef DJEMBE_COMMON_OPTIONS_H
#define DJEMBE_COMMON_OPTIONS_H

#include "proto/fault.h"

enum option_kind {
    OPTION_text,     /* C: const char * */
    OPTION_number,   /* C: int64_t, low..high */
    OPTION_seconds,  /* C: int64_t, low..high; `90`, `15m`, `2h` and `7d` are understood */
    OPTION_bytes,    /* C: int64_t, low..high; `64K`, `10M`, `2G` are understood */
    OPTION_flag,     /* C: bool; yes/no, true/false, 1/0 */
    OPTION_address,  /* C: const char *, checked to be HOST:PORT or [IPv6]:PORT */
    OPTION_path,     /* C: const char *, a file or folder; made absolute */
    OPTION_networks, /* C: struct networks; 10.0.0.0/8, fd00::/8 */
};

struct option {
    const char *name; /* DJEMBE_… ; NULL ends the table */
    enum option_kind kind;
    void *into;           /* where the value goes */
    const char *standard; /* the default, as one would write it */
    int64_t low, high;
    const char *help; /* one sentence */
    bool secret;      /* --help shows that it is set, not what it is */
};

/* Reads every row from the environment; false with `why` at the first wrong one. */
bool options_read(const struct option *options, struct fault *why);

/* The lines of --help: name, today's value, default, sentence. */
void options_print(const struct option *options);

#endif
