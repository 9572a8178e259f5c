/* What the whole daemon shares: settings, and the few objects that live as long as it does. */
#ifndef DJEMBE_WEB_WEB_H
#define DJEMBE_WEB_WEB_H

#include "services/common/bus.h"
#include "services/common/db.h"
#include "services/common/feed.h"
#include "services/common/networks.h"
#include "services/common/service.h"
#include "services/web/mustache.h"
#include "services/web/worker.h"

#define WEB_FILE_MAX ((size_t)10 << 20)   /* bytes of an uploaded file */
#define WEB_BODY_MAX ((size_t)11 << 20)   /* the same with the rest of its form */
#define WEB_BODIES_MAX ((size_t)64 << 20) /* bytes of all uploads that are under way */
#define WEB_FORM_MAX ((size_t)256 << 10)  /* bytes of a form without files */
#define WEB_URL_MAX 512
#define WEB_SESSION_MS (30LL * 24 * 3600 * 1000)
#define WEB_INVITE_MS (7LL * 24 * 3600 * 1000)
#define WEB_DRAFT_MS (3600LL * 1000)

struct web {
    const char *listen, *url, *announce_url, *site_name, *sign_up;
    int64_t member_invites; /* how many a new member may send */
    struct networks proxies;

    bool secure; /* the site's own address is https */
    struct mustache_set *templates;
    struct worker *worker;
    struct feed *members;
};

extern struct web web;

/* BASE/PASSKEY/announce. */
void web_announce_url(struct slice passkey, char into[WEB_URL_MAX]);

#endif
