#include "services/common/http_client.h"

#include "services/common/forwarded.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

struct chain {
    const struct networks *proxies;
    struct forwarded forwarded;
};

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                 const char *value, size_t size)
{
    static const char wanted[] = "X-Forwarded-For";
    struct chain *chain = cls;
    (void)kind;
    if (name_size == sizeof wanted - 1 && strncasecmp(name, wanted, name_size) == 0)
        forwarded_read(slice_of(value, value != NULL ? size : 0), chain->proxies, &chain->forwarded);
    return MHD_YES;
}

void http_client_read(struct MHD_Connection *connection, const struct networks *proxies, uint8_t ip[IP_SIZE])
{
    struct chain chain = {.proxies = proxies};
    ip_of(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr, ip);
    if (!networks_hold(proxies, ip))
        return;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_header, &chain);
    if (chain.forwarded.known)
        memcpy(ip, chain.forwarded.client, IP_SIZE);
}
