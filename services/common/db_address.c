/* Where to connect: the settings of the url, and the addresses of its host, looked up beforehand because libpq's own
 * look-up would stop the loop. A host given as address, socket folder or list is left to libpq. */
#include "services/common/db_private.h"

#include "services/common/bencode.h"

#include <arpa/inet.h>
#include <assert.h>

enum { ADDRESSES_MOST = 4, SETTINGS_MOST = 80 };

struct settings {
    const char *keywords[SETTINGS_MOST], *values[SETTINGS_MOST];
    size_t count;
};

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

struct resolving *url_resolve(const PQconninfoOption *url)
{
    const char *host = url_value(url, "host");
    if (host == NULL || url_value(url, "hostaddr") != NULL || host[0] == '/' || host[0] == '@' ||
        strchr(host, ',') != NULL || is_address(host))
        return NULL;
    return resolve_start(host);
}

/* What is set later holds. */
static void settings_add(struct settings *settings, const char *keyword, const char *value)
{
    assert(settings->count + 1 < SETTINGS_MOST);
    settings->keywords[settings->count] = keyword;
    settings->values[settings->count++] = value;
    settings->keywords[settings->count] = NULL;
    settings->values[settings->count] = NULL;
}

/* libpq wants the host again for each address, for the certificate's name and the password file. */
static void addresses_print(const char *host, const struct resolved *resolved, struct buffer *hosts,
                            struct buffer *addresses)
{
    for (size_t i = 0; i < resolved->count && i < ADDRESSES_MOST; i++) {
        buffer_print(hosts, "%s%s", i > 0 ? "," : "", host);
        buffer_print(addresses, "%s%s", i > 0 ? "," : "", resolved->address[i]);
    }
    buffer_add(hosts, "", 1);
    buffer_add(addresses, "", 1);
}

PGconn *url_connect(const PQconninfoOption *url, const struct resolved *resolved, const char *name)
{
    struct settings settings = {0};
    struct buffer hosts = {0}, addresses = {0};
    settings_add(&settings, "fallback_application_name", name);
    settings_add(&settings, "gssencmode", "disable");
    settings_add(&settings, "tcp_user_timeout", "10000");
    settings_add(&settings, "keepalives_idle", "10");
    settings_add(&settings, "keepalives_interval", "5");
    for (const PQconninfoOption *option = url; option->keyword != NULL; option++)
        if (option->val != NULL)
            settings_add(&settings, option->keyword, option->val);
    settings_add(&settings, "client_encoding", "UTF8");
    if (resolved != NULL) {
        addresses_print(url_value(url, "host"), resolved, &hosts, &addresses);
        settings_add(&settings, "host", hosts.at);
        settings_add(&settings, "hostaddr", addresses.at);
    }
    PGconn *pg = PQconnectStartParams(settings.keywords, settings.values, 0);
    buffer_free(&hosts);
    buffer_free(&addresses);
    return pg;
}
