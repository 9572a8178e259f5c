/* The host's addresses without blocking: libpq's own look-up would stop the loop. A host given as address or socket
 * folder, or by a service file, needs none. */
#include "services/common/db_private.h"

#include "services/common/bencode.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { ADDRESSES_MOST = 4 };

struct resolving {
    char *host;
    struct gaicb request;
    struct addrinfo hints;
    struct resolving *next;
};

/* Look-ups that could not be called off: the resolver's thread still writes into them. */
static struct resolving *forgotten;

static const char *url_value(const PQconninfoOption *url, const char *keyword)
{
    for (; url->keyword != NULL; url++)
        if (strcmp(url->keyword, keyword) == 0)
            return url->val != NULL && url->val[0] != '\0' ? url->val : NULL;
    return NULL;
}

static bool is_address(const char *host)
{
    unsigned char address[16];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static void forgotten_sweep(void)
{
    for (struct resolving **at = &forgotten; *at != NULL;) {
        struct resolving *old = *at;
        if (gai_error(&old->request) == EAI_INPROGRESS) {
            at = &old->next;
            continue;
        }
        *at = old->next;
        resolving_destroy(&old);
    }
}

struct resolving *resolving_new(const PQconninfoOption *url)
{
    const char *host = url_value(url, "host");
    if (host == NULL || url_value(url, "hostaddr") != NULL || host[0] == '/' || host[0] == '@' ||
        strchr(host, ',') != NULL || is_address(host))
        return NULL;
    forgotten_sweep();
    struct resolving *resolving = mem_zero(1, sizeof *resolving);
    resolving->host = mem_text(slice_text(host));
    resolving->hints = (struct addrinfo){.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    resolving->request = (struct gaicb){.ar_name = resolving->host, .ar_request = &resolving->hints};
    struct sigevent quiet = {.sigev_notify = SIGEV_NONE};
    getaddrinfo_a(GAI_NOWAIT, (struct gaicb *[]){&resolving->request}, 1, &quiet);
    return resolving;
}

bool resolving_done(struct resolving *resolving, const char **failed)
{
    int error = gai_error(&resolving->request);
    if (error == EAI_INPROGRESS)
        return false;
    static char reason[200];
    if (error != 0) {
        snprintf(reason, sizeof reason, "the database's host %.80s is not found: %s", resolving->host,
                 gai_strerror(error));
        *failed = reason;
    }
    return true;
}

void resolving_destroy(struct resolving **resolving)
{
    struct resolving *self = *resolving;
    if (self == NULL)
        return;
    *resolving = NULL;
    if (gai_error(&self->request) == EAI_INPROGRESS && gai_cancel(&self->request) == EAI_NOTCANCELED) {
        self->next = forgotten;
        forgotten = self;
        return;
    }
    if (self->request.ar_result != NULL)
        freeaddrinfo(self->request.ar_result);
    free(self->host);
    free(self);
}

/* libpq wants a host for each address, for the certificate's name and the password file. */
static void addresses_print(const struct resolving *resolving, struct buffer *hosts, struct buffer *addresses)
{
    unsigned count = 0;
    for (struct addrinfo *at = resolving->request.ar_result; at != NULL && count < ADDRESSES_MOST; at = at->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0)
            continue;
        buffer_print(hosts, "%s%s", count > 0 ? "," : "", resolving->host);
        buffer_print(addresses, "%s%s", count > 0 ? "," : "", text);
        count++;
    }
}

PGconn *resolving_connect(const struct resolving *resolving, const PQconninfoOption *url, const char *name)
{
    enum { SETTINGS_MOST = 80 };
    const char *keywords[SETTINGS_MOST], *values[SETTINGS_MOST];
    size_t count = 0;
    /* What comes later holds: the operator's own settings over the first few, ours over the last few. */
    const char *standard[][2] = {
        {"fallback_application_name", name}, {"gssencmode", "disable"},    {"tcp_user_timeout", "10000"},
        {"keepalives_idle", "10"},           {"keepalives_interval", "5"},
    };
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++) {
        keywords[count] = standard[i][0];
        values[count++] = standard[i][1];
    }
    for (; url->keyword != NULL; url++) {
        if (url->val == NULL)
            continue;
        assert(count < SETTINGS_MOST - 4);
        keywords[count] = url->keyword;
        values[count++] = url->val;
    }
    keywords[count] = "client_encoding";
    values[count++] = "UTF8";
    struct buffer hosts = {0}, addresses = {0};
    if (resolving != NULL) {
        addresses_print(resolving, &hosts, &addresses);
        buffer_add(&hosts, "", 1);
        buffer_add(&addresses, "", 1);
        keywords[count] = "host";
        values[count++] = hosts.at;
        keywords[count] = "hostaddr";
        values[count++] = addresses.at;
    }
    keywords[count] = NULL;
    values[count] = NULL;
    PGconn *pg = PQconnectStartParams(keywords, values, 0);
    buffer_free(&hosts);
    buffer_free(&addresses);
    return pg;
}
