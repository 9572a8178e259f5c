/* What the files of the daemon's skeleton share: service.c (its life), service_settings.c (common settings) and
 * service_admin.c (the admin port). */
#ifndef DJEMBE_COMMON_SERVICE_PRIVATE_H
#define DJEMBE_COMMON_SERVICE_PRIVATE_H

#include "services/common/http.h"
#include "services/common/log.h"
#include "services/common/service.h"

#define SERVICES_COUNT 4

/* The common settings, as read. */
struct settings {
    const char *database, *keys, *state, *admin_listen, *bus_listen, *log_level;
    const char *endpoints[SERVICES_COUNT];
    int64_t connections;
};

/* What /healthz, /readyz and /metrics tell of. */
struct service_life {
    const struct service *service;
    struct settings settings;
    struct loop *loop;
    struct bus *bus;
    struct db *db;
    struct http *admin;
    int64_t started_at;  /* ticks */
    bool database_ready; /* prepared once; may be away since */
    bool stopping;
};

/* "djembe-tracker". */
const char *service_program(const struct service *service);

extern const char *const service_names[SERVICES_COUNT];

/* The common rows and the service's own behind them; lives for ever. */
const struct option *settings_table(const struct service *service, struct settings *into);
/* Checks what a row cannot: the log's level, the folders. */
bool settings_check(const struct settings *settings, enum log_level *least, struct fault *why);
/* The name of the setting whose value stands in this sentence, the longest one; NULL when none does. */
const char *settings_name_of(const struct option *options, const char *sentence);

/* Listens on the admin port. */
bool admin_start(struct service_life *life, struct fault *why);

#endif
