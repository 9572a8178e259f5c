/* getaddrinfo on glibc's own helper thread. Knows nothing of who asks. */
#include "services/common/resolve.h"
#include "services/common/arena.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>

struct resolving {
    char *host;
    bool numeric;
    struct gaicb request;
    struct addrinfo hints;
    struct resolving *next;
};

/* Look-ups that could not be called off: the helper thread still writes into them. */
static struct resolving *forgotten;

static bool is_address(const char *host)
{
    unsigned char address[16];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static void sweep(void)
{
    for (struct resolving **at = &forgotten; *at != NULL;) {
        struct resolving *old = *at;
        if (gai_error(&old->request) == EAI_INPROGRESS) {
            at = &old->next;
            continue;
        }
        *at = old->next;
        resolve_destroy(&old);
    }
}

struct resolving *resolve_start(const char *host)
{
    sweep();
    struct resolving *resolving = mem_zero(1, sizeof *resolving);
    resolving->host = mem_text(slice_text(host));
    resolving->numeric = is_address(host);
    if (resolving->numeric)
        return resolving;
    resolving->hints = (struct addrinfo){.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    resolving->request = (struct gaicb){.ar_name = resolving->host, .ar_request = &resolving->hints};
    struct sigevent quiet = {.sigev_notify = SIGEV_NONE};
    getaddrinfo_a(GAI_NOWAIT, (struct gaicb *[]){&resolving->request}, 1, &quiet);
    return resolving;
}

static void add(struct resolved *into, const char *address)
{
    for (size_t i = 0; i < into->count; i++)
        if (strcmp(into->address[i], address) == 0)
            return;
    if (into->count < RESOLVE_MOST && strlen(address) < RESOLVE_TEXT)
        memcpy(into->address[into->count++], address, strlen(address) + 1);
}

bool resolve_done(struct resolving *resolving, struct resolved *into, struct fault *why)
{
    into->count = 0;
    if (resolving->numeric) {
        add(into, resolving->host);
        return true;
    }
    int error = gai_error(&resolving->request);
    if (error == EAI_INPROGRESS)
        return false;
    if (error != 0)
        fault_set(why, STATUS_unavailable, NULL, "the host %.100s is not found: %s", resolving->host,
                  gai_strerror(error));
    for (struct addrinfo *at = resolving->request.ar_result; at != NULL && error == 0; at = at->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
            add(into, text);
    }
    return true;
}

void resolve_destroy(struct resolving **resolving)
{
    struct resolving *self = *resolving;
    *resolving = NULL;
    if (self == NULL)
        return;
    bool pending = !self->numeric && gai_error(&self->request) == EAI_INPROGRESS;
    if (pending && gai_cancel(&self->request) == EAI_NOTCANCELED) {
        self->next = forgotten;
        forgotten = self;
        return;
    }
    if (self->request.ar_result != NULL)
        freeaddrinfo(self->request.ar_result);
    free(self->host);
    free(self);
}
