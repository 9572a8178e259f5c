/* What a member or the staff wants changed, on its way through a posting. */
#ifndef DJEMBE_RATIO_BOOKS_COMMAND_H
#define DJEMBE_RATIO_BOOKS_COMMAND_H

#include "services/common/bus.h"
#include "services/common/notices.h"
#include "services/ratio/rules/rules.h"

struct command {
    struct command *next;
    struct bus_request *request;
    struct slice key; /* empty: it may be done twice */
    struct rules_event event;
    const struct rules_event *more; /* NULL, or what is done with it and is never refused */
    /* False: refused. `skip`: there is nothing to change. May complete the event from the state. NULL: nothing to
     * check. */
    bool (*check)(struct command *command, bool *skip, struct fault *why);
    /* What to answer, from the state after the event. */
    struct slice (*reply)(struct command *command);
    struct slice reason; /* that the staff gave; empty: none */
    int64_t seq;         /* of its event; 0: it left none */
    /* Stores more with what it did; tells members more than follows from its effects, one notice at most. NULL: no
     * more. */
    void (*store)(struct command *command, struct db_tx *tx);
    void (*tell)(const struct command *command, struct notices *notices);
    struct slice packed; /* the answer */
    struct fault why;    /* refused, when its status is not ok */
    bool kept;           /* answered before */
};

/* The command's answer is sent when what it did is stored. */
void command_queue(struct command *command);
/* The same, unless the books are closed: then it is refused. */
void command_submit(struct command *command);
void commands_serve(void);

#endif
