/* What a member is told about the ordinary ratio, in sentences: why it is required, what follows, what to do. Pure. */
#ifndef DJEMBE_RATIO_EXPLAIN_H
#define DJEMBE_RATIO_EXPLAIN_H

#include "proto/notice.h"
#include "services/ratio/ordinary.h"

#define EXPLAIN_SENTENCES_MAX 8
#define EXPLAIN_TEXT_MAX 400

struct explanation {
    size_t count;
    char sentences[EXPLAIN_SENTENCES_MAX][EXPLAIN_TEXT_MAX];
};

/* Which band, why, how far, and where the watch stands. */
void explain_ratio(const struct ordinary_rules *rules, const struct ordinary *member, struct explanation *into);

/* What a step of the watch is told as. False: it is not told. */
struct notice {
    enum notice_kind kind;
    const char *title;
    char text[2 * EXPLAIN_TEXT_MAX];
};
bool explain_step(const struct ordinary *member, enum watch_step step, struct notice *into);

#endif
