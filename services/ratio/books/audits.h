/* Audits (RULES 2.11): which copies are due, given out to auditors, and what became of them. */
#ifndef DJEMBE_RATIO_BOOKS_AUDITS_H
#define DJEMBE_RATIO_BOOKS_AUDITS_H

#include "services/ratio/books/answers.h"
#include "services/ratio/books/posting.h"

void audits_serve(void);
/* The auditor was off until now: copies that are held get a plan. */
void audits_begin(void);

/* audits_follow.c: in the posting's transaction, copies that came to be held get a plan, and those that went lose
 * theirs. */
void audits_follow(struct posting *posting);

/* audits_told.c: ratio.audit.list; and for explain, the plan of a copy and its last audits. `told` gets NULL when they
 * cannot be read; what it gets lives until it returns. */
struct audit_told {
    int64_t due_at; /* 0: it has no plan */
    struct slice reason;
    size_t count; /* audits that were booked, the newest first */
    struct {
        int64_t at, took_ms;
        struct slice outcome, result;
    } last[3];
};
void audits_told_serve(void);
void audits_tell(int64_t user, int64_t version, void (*tell)(void *arg, const struct audit_told *told), void *arg);

#endif
