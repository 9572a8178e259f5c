/* Random histories for the rules, and what must hold after each step (RULES 3.1). */
#ifndef DJEMBE_TESTS_RATIO_MODEL_H
#define DJEMBE_TESTS_RATIO_MODEL_H

#include "services/ratio/rules/state.h"

#define MODEL_EVENTS 600

struct history {
    struct rules_settings settings;
    struct rules_event events[MODEL_EVENTS];
    size_t count;
};

/* model_history.c: the history of that seed. It is followed while it is made, so that its times meet deadlines. */
void history_make(struct history *history, uint64_t seed);
void history_print(const struct history *history);

/* model_check.c: applies one event and looks at all that it did; NULL, or what does not hold. */
const char *model_step(struct rules *rules, const struct rules_event *event);
/* All that can be asked, as one number. */
uint64_t model_answers(struct rules *rules);

#endif
