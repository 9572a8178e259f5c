/* The PROXY protocol, versions 1 and 2: what a proxy (HAProxy's send-proxy and send-proxy-v2) sends before the bytes of
 * its client, to say whose they are. Pure. */
#ifndef DJEMBE_TRACKER_PROXY_HEADER_H
#define DJEMBE_TRACKER_PROXY_HEADER_H

#include "services/tracker/announce.h"

#define PROXY_HEADER_MAX 2048 /* what is longer is wrong */

enum proxy_verdict {
    PROXY_more,   /* it is not whole yet */
    PROXY_client, /* speaks for a client */
    PROXY_own,    /* speaks for itself: a health check; or does not know for whom */
    PROXY_wrong,  /* no such header */
};

struct proxy_header {
    size_t size;            /* where the client's bytes begin; with PROXY_client and PROXY_own */
    struct address address; /* with PROXY_client */
    uint16_t port;
};

/* `bytes` are the first of a connection. */
enum proxy_verdict proxy_header_read(struct slice bytes, struct proxy_header *into);

#endif
