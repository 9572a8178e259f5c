/* The skeleton of a daemon: options, log, signals, database and migrations, bus, admin HTTP, loop, in one order of
 * start and stop for all. A daemon's main() is one table.
 *
 *   start: options -> log -> admin port -> bus -> database (connect, migrate, prepare) -> start() -> loop
 *   SIGTERM: readyz says no -> stop() -> bus drained -> database drained -> exit 0
 *
 * A daemon starts without PostgreSQL and without its neighbours, and catches up when they come. `database_ready` runs
 * when migrations are applied and the statements prepared, once. */
#ifndef DJEMBE_COMMON_SERVICE_H
#define DJEMBE_COMMON_SERVICE_H

#include "services/common/bus.h"
#include "services/common/db.h"
#include "services/common/metrics.h"
#include "services/common/options.h"

struct service {
    const char *name;                  /* tracker, web, catalog, ratio: also its PostgreSQL schema */
    const char *program;               /* how it is called; NULL: djembe-<name> */
    bool only_asks;                    /* serves nothing on the bus and has no database */
    bool asks_own;                     /* its replicas ask each other */
    unsigned bus_port, admin_port;     /* defaults, before settings */
    const char *connections;           /* to PostgreSQL, likewise; NULL: 2 */
    const struct option *options;      /* its own; common ones are added */
    const struct embedded *migrations; /* djembe_embed of migrations/ */
    size_t migrations_count;
    const struct statement *const *statements;
    size_t statements_count;
    bool (*start)(struct fault *why); /* listen, serve; false: fatal */
    void (*database_ready)(void);     /* may be NULL */
    void (*stop)(void);               /* may be NULL */
    /* NULL when all is well, else one sentence; called for /healthz and /readyz. Both may be NULL. */
    const char *(*unhealthy)(void);
    const char *(*unready)(void);
    void (*metrics)(struct buffer *into); /* may be NULL */
};

int service_main(int argc, char **argv, const struct service *service);

/* Valid from start() on. */
struct loop *service_loop(void);
struct bus *service_bus(void);
struct db *service_db(void);
const char *service_state_folder(void); /* DJEMBE_STATE: this daemon's own files */

/* Bytes that nobody knows but this service's replicas, others for each purpose: made from the secret half of its
 * certificate. False with `why` when that cannot be read. */
#define SERVICE_SECRET_SIZE 32
bool service_secret(const char *purpose, uint8_t into[SERVICE_SECRET_SIZE], struct fault *why);

#endif
