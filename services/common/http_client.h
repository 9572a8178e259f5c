/* Who asks over HTTP, for every listener that stands on libmicrohttpd: the address of the connection or, when that is
 * in `proxies`, the one for whom the proxy says that it speaks (forwarded.h). From anybody else the header is not read.
 */
#ifndef DJEMBE_COMMON_HTTP_CLIENT_H
#define DJEMBE_COMMON_HTTP_CLIENT_H

#include "services/common/networks.h"

struct MHD_Connection;

void http_client_read(struct MHD_Connection *connection, const struct networks *proxies, uint8_t ip[IP_SIZE]);

#endif
