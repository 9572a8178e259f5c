/* Sessions: who a cookie belongs to. */
#ifndef DJEMBE_WEB_SESSION_H
#define DJEMBE_WEB_SESSION_H

#include "services/web/inbox.h"
#include "services/web/member.h"

struct session_new {
    struct secret secret;
    int64_t expires_at;
    const char *address;
    struct slice agent;
};

/* A fresh one, not yet in the table. `address` and `agent` are borrowed. */
void session_make(struct session_new *into, const char *address, struct slice agent, int64_t now);

/* The parameters of the statement session_add. */
struct db_args *session_args(const struct session_new *session, uint64_t member);

typedef void session_opened_fn(void *arg, const struct fault *why);
void session_open(const struct session_new *session, uint64_t member, session_opened_fn *opened, void *arg);

struct session_found {
    const struct member *member; /* NULL: none, or not read */
    uint64_t session;
    bool stale; /* not seen for a while: its expiry was just moved on, and the cookie's should be */
    struct inbox_state inbox;
};
typedef void session_found_fn(void *arg, const struct session_found *found, const struct fault *why);
void session_look(const struct secret *secret, int64_t now, session_found_fn *found, void *arg);

/* Ends it; `done` may come with a fault. */
void session_end(const struct secret *secret, db_done_fn *done, void *arg);

/* Forgets those that have expired. */
void session_sweep(void);

#endif
