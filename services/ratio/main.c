/* djembe-ratio: what do you owe, what have you earned, what may be done? */
#include "services/common/notices.h"
#include "services/ratio/auditor/auditor.h"
#include "services/ratio/books/books.h"
#include "services/ratio/books/export.h"
#include "services/ratio/evidence_store.h"
#include "services/ratio/once.h"
#include "services/ratio/ratio.h"
#include "services/ratio/replay/replay.h"
#include "services/ratio/sessions_store.h"
#include "services/ratio/standing.h"

#include "services/common/service.h"

#include <stdio.h>
#include <string.h>

extern const struct embedded ratio_migrations[];
extern const size_t ratio_migrations_count;

static int64_t interval, rate_limit;
static bool auditor;
static const char *constants;

/* As the settings have them: seconds. */
static const char *bands;
static int64_t watch_length, watch_bytes, seeding, token_time, hit_seed, hit_within, hit_most;

static bool read_rules(struct fault *why)
{
    struct fault wrong;
    ordinary_settings = (struct ordinary_rules){
        .watch = {.length = watch_length * 1000, .allowed = watch_bytes},
        .seeding = seeding * 1000,
        .hit_seed = hit_seed * 1000,
        .hit_within = hit_within * 1000,
        .hit_most = hit_most,
    };
    tokens_span = token_time * 1000;
    return required_bands_read(bands, &ordinary_settings.bands, &wrong) ||
           fault_set(why, STATUS_invalid, "DJEMBE_RATIO_BANDS", "DJEMBE_RATIO_BANDS: %s", wrong.text);
}

/* RULES 2.2: pairs with spaces between. What other settings say is not said here. */
static bool read_constants(struct rules_settings *set, struct fault *why)
{
    *set = rules_settings_standard();
    char pair[100];
    for (const char *at = constants + strspn(constants, " "); *at != '\0'; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        struct fault wrong;
        snprintf(pair, sizeof pair, "%.*s", (int)(size < sizeof pair ? size : sizeof pair - 1), at);
        if (strncmp(pair, "interval=", 9) == 0 || strncmp(pair, "auditor=", 8) == 0)
            return fault_set(
                why, STATUS_invalid, "DJEMBE_RATIO_RULES",
                "DJEMBE_RATIO_RULES: interval and auditor are DJEMBE_ANNOUNCE_INTERVAL and DJEMBE_AUDITOR.");
        if (!rules_settings_set(set, pair, &wrong))
            return fault_set(why, STATUS_invalid, "DJEMBE_RATIO_RULES", "DJEMBE_RATIO_RULES: %s", wrong.text);
        at += size;
    }
    set->interval = interval;
    set->auditor = auditor;
    return true;
}

static bool start(struct fault *why)
{
    struct rules_settings set;
    uint8_t secret[SERVICE_SECRET_SIZE];
    if (!read_rules(why) || !read_constants(&set, why) || !service_secret("households", secret, why))
        return false;
    memcpy(households_key, secret, sizeof households_key);
    sessions_serve(service_bus(), service_db());
    figures_serve(service_bus(), service_db());
    evidence_settings = (struct evidence_rules){.interval = interval, .rate_limit = rate_limit};
    evidence_serve(service_bus(), service_db());
    profile_serve(service_bus(), service_db());
    ledger_serve(service_bus(), service_db());
    snatches_serve(service_bus(), service_db());
    once_start(service_db());
    opening_serve(service_bus());
    factors_serve(service_bus(), service_db());
    tokens_serve(service_bus(), service_db());
    notices_start(service_bus(), service_db(), "ratio");
    members_publish(service_bus(), service_db());
    books_serve(service_loop(), service_bus(), service_db(), &set);
    return true;
}

static void database_ready(void)
{
    members_read(service_loop(), service_bus(), service_db());
    torrents_read(service_loop(), service_bus(), service_db());
    books_open();
    standing_start(service_loop(), service_db());
}

static void stop(void)
{
    standing_stop();
    members_stop();
    torrents_stop();
    books_stop();
}

static void metrics(struct buffer *into)
{
    sessions_metrics(into);
    standing_metrics(into);
    books_metrics(into);
}

static const char *unready(void)
{
    if (!members_ready())
        return "the feed web.members has not been read to its head yet";
    if (!torrents_ready())
        return "the feed catalog.torrents has not been read to its head yet";
    return books_unready();
}

static const struct option options[] = {
    {.name = "DJEMBE_ANNOUNCE_INTERVAL",
     .kind = OPTION_seconds,
     .into = &interval,
     .standard = "30m",
     .low = 5,
     .high = 86400,
     .help = "Seconds between announces, as the trackers have it: longer than two of them without one is no seeding."},
    {.name = "DJEMBE_EVIDENCE_RATE",
     .kind = OPTION_bytes,
     .into = &rate_limit,
     .standard = "125M",
     .low = 1024,
     .high = INT64_C(1) << 40,
     .help = "Bytes a second above which a client's figures are kept as evidence."},
    {.name = "DJEMBE_RATIO_BANDS",
     .kind = OPTION_text,
     .into = &bands,
     .standard = REQUIRED_BANDS_STANDARD,
     .low = 0,
     .high = 1000,
     .help =
         "The required ratio: FROM:MOST/LEAST each, by what was downloaded; most with nothing seeded, least with all; "
         "empty: none is required."},
    {.name = "DJEMBE_RATIO_SEEDING",
     .kind = OPTION_seconds,
     .into = &seeding,
     .standard = "72h",
     .low = 1,
     .high = INT64_C(7) * 86400,
     .help = "How long within the last seven days counts as seeding, and relaxes the required ratio."},
    {.name = "DJEMBE_RATIO_WATCH",
     .kind = OPTION_seconds,
     .into = &watch_length,
     .standard = "14d",
     .low = 1,
     .high = INT64_C(366) * 86400,
     .help = "How long a member below the required ratio may go on downloading."},
    {.name = "DJEMBE_RATIO_WATCH_BYTES",
     .kind = OPTION_bytes,
     .into = &watch_bytes,
     .standard = "10G",
     .low = 1 << 10,
     .high = INT64_C(1) << 50,
     .help = "How much a member below the required ratio may still download."},
    {.name = "DJEMBE_TOKEN_TIME",
     .kind = OPTION_seconds,
     .into = &token_time,
     .standard = "4d",
     .low = 60,
     .high = INT64_C(366) * 86400,
     .help = "How long a token holds on its torrent."},
    {.name = "DJEMBE_HIT_AND_RUN",
     .kind = OPTION_seconds,
     .into = &hit_seed,
     .standard = "0",
     .low = 0,
     .high = INT64_C(366) * 86400,
     .help = "How long each torrent completed must be seeded, unless as much was uploaded as downloaded; 0: no rule."},
    {.name = "DJEMBE_HIT_AND_RUN_WITHIN",
     .kind = OPTION_seconds,
     .into = &hit_within,
     .standard = "14d",
     .low = 1,
     .high = INT64_C(366) * 86400,
     .help = "Within which time after completion it must."},
    {.name = "DJEMBE_HIT_AND_RUN_MOST",
     .kind = OPTION_number,
     .into = &hit_most,
     .standard = "5",
     .low = 0,
     .high = 100000,
     .help = "How many that were not are let pass before ratio watch begins."},
    {.name = "DJEMBE_RATIO_RULES",
     .kind = OPTION_text,
     .into = &constants,
     .standard = "",
     .low = 0,
     .high = 1000,
     .help = "Constants of the backups' rules, as `loan=21474836480 offer=43200` (--replay --set has the same names); "
             "those "
             "not named are as the rules have them."},
    {.name = "DJEMBE_AUDITOR",
     .kind = OPTION_flag,
     .into = &auditor,
     .standard = "no",
     .help = "Copies of backups count only while audits prove them. Needs the auditor to run: djembe-ratio --auditor."},
    {.name = NULL},
};

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--replay") == 0)
        return replay_main(argc - 1, argv + 1); /* no database and no keys are needed for that */
    if (argc == 2 && strcmp(argv[1], "--export") == 0)
        return export_main();
    if (argc > 1 && strcmp(argv[1], "--auditor") == 0)
        return auditor_main(argc - 1, argv + 1);
    const struct service ratio = {
        .name = "ratio",
        .bus_port = 5552,
        .admin_port = 9104,
        .connections = "4", /* batches of totals, and a posting of the books beside them */
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
