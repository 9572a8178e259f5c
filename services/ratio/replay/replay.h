/* A history read from JSON lines, applied to an empty state with the rules module, and answered line by line (RULES 6).
 * Knows no database and no bus: `djembe-ratio --replay` needs nothing but its standard input. */
#ifndef DJEMBE_RATIO_REPLAY_REPLAY_H
#define DJEMBE_RATIO_REPLAY_REPLAY_H

#include "services/ratio/rules/rules.h"

#include <stdio.h>

#define REPLAY_LINE_MAX 65536 /* bytes of one line */

/* [--set name=value ...] as on the command line. Returns the exit status: 0; 1 when the output could not be written; 2
 * for an unknown setting, or a malformed line, which is told with its number on standard error. */
int replay_main(int argc, char **argv);
int replay_run(const struct rules_settings *settings, FILE *in, FILE *out, FILE *err);

enum replay_ask {
    REPLAY_profile,
    REPLAY_version,
    REPLAY_queue,
    REPLAY_offers,
    REPLAY_verdict,
    REPLAY_check,
    REPLAY_ASKS
};

/* replay_read.c: one line. An ask has its ids and `left` in the event. */
struct replay_line {
    const char *name; /* of the event or the ask */
    bool is_ask;
    enum replay_ask ask;
    struct rules_event event;
};

enum replay_read { REPLAY_READ, REPLAY_REFUSED, REPLAY_MALFORMED }; /* Q1 */

/* `text` is changed; `why` says what is wrong. Of a refused line the name and the time are known. */
enum replay_read replay_line_read(char *text, size_t size, struct replay_line *line, struct fault *why);

/* The line, with its end, that reads as this event. */
void replay_event_write(const struct rules_event *event, FILE *out);

/* replay_write.c: the answer of one ask; false: refused. */
bool replay_answer(struct rules *rules, const struct replay_line *line, FILE *out, struct fault *why);
void replay_refuse(const struct replay_line *line, uint64_t number, const struct fault *why, FILE *out);

#endif
