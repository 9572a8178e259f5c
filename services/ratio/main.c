/* djembe-ratio: what do you owe, what have you earned, what may be done? */
#include "services/ratio/books/books.h"
#include "services/ratio/books/export.h"
#include "services/ratio/evidence_store.h"
#include "services/ratio/ratio.h"
#include "services/ratio/replay/replay.h"

#include "services/common/service.h"

extern const struct embedded ratio_migrations[];
extern const size_t ratio_migrations_count;

static int64_t interval, rate_limit;
static bool auditor;

static bool start(struct fault *why)
{
    (void)why;
    sessions_serve(service_bus(), service_db());
    figures_serve(service_bus(), service_db());
    evidence_settings = (struct evidence_rules){.interval = interval, .rate_limit = rate_limit};
    evidence_serve(service_bus(), service_db());
    members_publish(service_bus(), service_db());
    books_serve(service_loop(), service_bus(), service_db(), interval, auditor);
    return true;
}

static void database_ready(void)
{
    members_read(service_loop(), service_bus(), service_db());
    torrents_read(service_loop(), service_bus(), service_db());
    books_open();
}

static void stop(void)
{
    members_stop();
    torrents_stop();
    books_stop();
}

static const char *unready(void)
{
    if (!members_ready())
        return "the feed web.members has not been read to its head yet";
    if (!torrents_ready())
        return "the feed catalog.torrents has not been read to its head yet";
    return books_unready();
}

static void metrics(struct buffer *into)
{
    sessions_metrics(into);
    books_metrics(into);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {.name = "DJEMBE_ANNOUNCE_INTERVAL",
         .kind = OPTION_seconds,
         .into = &interval,
         .standard = "30m",
         .low = 5,
         .high = 86400,
         .help =
             "Seconds between announces, as the trackers have it: longer than two of them without one is no seeding."},
        {.name = "DJEMBE_EVIDENCE_RATE",
         .kind = OPTION_bytes,
         .into = &rate_limit,
         .standard = "125M",
         .low = 1024,
         .high = INT64_C(1) << 40,
         .help = "Bytes a second above which a client's figures are kept as evidence."},
        {.name = "DJEMBE_AUDITOR",
         .kind = OPTION_flag,
         .into = &auditor,
         .standard = "no",
         .help =
             "Copies of backups count only while audits prove them. Needs the auditor to run: djembe-ratio --audit."},
        {.name = NULL},
    };
    if (argc > 1 && strcmp(argv[1], "--replay") == 0)
        return replay_main(argc - 1, argv + 1); /* no database and no keys are needed for that */
    if (argc == 2 && strcmp(argv[1], "--export") == 0)
        return export_main();
    const struct service ratio = {
        .name = "ratio",
        .bus_port = 5552,
        .admin_port = 9104,
        .options = options,
        .migrations = ratio_migrations,
        .migrations_count = ratio_migrations_count,
        .statements = ratio_statements,
        .statements_count = ratio_statements_count,
        .start = start,
        .database_ready = database_ready,
        .stop = stop,
        .unhealthy = books_unhealthy,
        .unready = unready,
        .metrics = metrics,
    };
    return service_main(argc, argv, &ratio);
}
