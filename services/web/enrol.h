/* Making an account: the one transaction that sign-up and the operator's command share. */
#ifndef DJEMBE_WEB_ENROL_H
#define DJEMBE_WEB_ENROL_H

#include "services/web/member.h"
#include "services/web/session.h"

enum enrol_way {
    ENROL_invited,  /* by an invitation that is open; its class */
    ENROL_open,     /* without one, on an open site that has its first member */
    ENROL_operator, /* with the class that is told */
};

struct enrol {
    enum enrol_way way;
    struct slice name, class_name;
    char password[PASSWORD_HASH_MAX]; /* hashed */
    char invite[HASH_SIZE];
    const struct session_new *session; /* to be opened in the same transaction; NULL: none */
    const struct secret *token;        /* likewise an API token */
    const char *address;

    struct member made; /* the result */
    struct db_tx *tx;
    void (*done)(struct enrol *enrol, const struct fault *why); /* why NULL: made */
    void *arg;
};

/* Runs it; `enrol` and what it points at live until `done`. */
void enrol_run(struct enrol *enrol);

#endif
