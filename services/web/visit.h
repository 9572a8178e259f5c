/* One request to a page, from the first byte read to the answer: who asks, with what, and what is known so far. */
#ifndef DJEMBE_WEB_VISIT_H
#define DJEMBE_WEB_VISIT_H

#include "services/common/http.h"
#include "services/web/flash.h"
#include "services/web/inbox.h"
#include "services/web/member.h"
#include "services/web/multipart.h"
#include "services/web/route.h"
#include "services/web/tree.h"

struct extras;
struct peers;

struct missing {
    const char *part; /* the service that could not be asked */
    const char *text; /* what that means for this page */
};

#define VISIT_MISSING_MAX 8

struct visit {
    struct http_request *http;
    struct arena *arena;
    msgpack_zone *zone; /* of the replies gathered; freed with the request */
    const struct route *route;
    struct slice params[ROUTE_PARAMS_MAX];
    int64_t now;
    uint8_t ip[IP_SIZE]; /* whom it comes from */
    struct form query, form;
    struct multipart files;

    struct slice cookie; /* of the session or of the guest: what CSRF tokens and flash are bound to */
    bool signed_in, by_token, by_feed;
    struct member me;
    uint64_t session;
    struct inbox_state inbox;
    struct flash flash; /* of the page before, once a page is shown */

    struct missing missing[VISIT_MISSING_MAX];
    size_t missing_count;
    struct extras *extras;   /* extras.h */
    struct peers *peers;     /* peers.h */
    struct tree_writer *out; /* the context being written (page.h) */
    void *page;              /* the page's own */
};

/* The handler of the public port. */
void visit_begin(struct http_request *http, void *arg);

/* Where the request comes from, as text; in the visit's arena. */
const char *visit_address(struct visit *visit);

/* Names of the cookies, which depend on whether the site is https. */
const char *visit_session_cookie(void);
const char *visit_guest_cookie(void);
const char *visit_flash_cookie(void);

/* Sets a cookie in the answer; seconds as cookie_set has them. */
void visit_set_cookie(struct visit *visit, const char *name, const char *value, int64_t seconds);

/* Makes sure that there is a cookie to bind forms to: a guest without one gets one. */
void visit_know_guest(struct visit *visit);

/* Reads what the page before left to be told, and takes it away: when a page is really shown. */
void visit_read_flash(struct visit *visit);

/* What the member's announce URL is. */
const char *visit_announce(struct visit *visit);

/* A secret made by a form: sent twice (a double click), the form makes the same one, so that its second answer, which
 * is all that a browser shows, tells what the first has made. The form's hidden input `once` (visit_once) tells two
 * forms apart; without it the secret is a fresh one. */
void visit_secret(struct visit *visit, const char *purpose, struct secret *into);
const char *visit_once(struct visit *visit);

/* Is it one of staff, who may do more and see more? */
bool visit_is_staff(const struct visit *visit);

/* Notes that a part could not be asked; each part once. */
void visit_missing(struct visit *visit, const char *part, const char *text);

#endif
