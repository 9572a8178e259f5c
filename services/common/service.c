/* The life of a daemon: start and stop in one order for all four. What the daemon does is in its table; what its
 * settings are in service_settings.c; what it shows of itself in service_admin.c. */
#include "services/common/service.h"
#include "services/common/bus_socket.h"
#include "services/common/clock.h"
#include "services/common/service_private.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRAIN_MS 5000 /* how long a stop waits for what is under way */
#define CHECK_LOOK_MS 20
#define CHECK_MS 5000 /* how long --check waits for PostgreSQL */
#define DRAIN_LOOK_MS 10

static struct service_life life;

struct loop *service_loop(void)
{
    return life.loop;
}

struct bus *service_bus(void)
{
    return life.bus;
}

struct db *service_db(void)
{
    return life.db;
}

const char *service_state_folder(void)
{
    return life.settings.state;
}

bool service_secret(const char *purpose, uint8_t into[SERVICE_SECRET_SIZE], struct fault *why)
{
    zcert_t *cert = bus_cert_own(life.settings.keys, life.service->name, why);
    if (cert == NULL)
        return false;
    const unsigned char *done = HMAC(EVP_sha256(), zcert_secret_key(cert), SERVICE_SECRET_SIZE,
                                     (const unsigned char *)purpose, strlen(purpose), into, NULL);
    assert(done != NULL);
    zcert_destroy(&cert);
    return true;
}

/* ---- start ---- */

/* What says an address or a folder that cannot be used says with which setting to choose another. */
static void fatal_fault(const struct option *options, const struct fault *why)
{
    const char *setting = settings_name_of(options, why->text);
    if (setting != NULL && strstr(why->text, setting) == NULL)
        fatal("%s (setting %s)", why->text, setting);
    fatal("%s", why->text);
}

/* As many connections as the system lets us have. */
static void raise_limits(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static bool bus_start(struct fault *why)
{
    static struct bus_endpoint endpoints[SERVICES_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < SERVICES_COUNT; i++)
        if (life.service->asks_own || strcmp(service_names[i], life.service->name) != 0)
            endpoints[count++] = (struct bus_endpoint){service_names[i], life.settings.endpoints[i]};
    const struct bus_settings settings = {
        .service = life.service->name,
        .keys = life.settings.keys,
        .listen = life.settings.bus_listen, /* NULL when it only asks */
        .version = DJEMBE_VERSION,
        .endpoints = endpoints,
        .endpoints_count = count,
    };
    life.bus = bus_new(life.loop, &settings, why);
    return life.bus != NULL;
}

static void on_database(void *arg, bool up)
{
    (void)arg;
    if (!up || life.database_ready)
        return;
    life.database_ready = true;
    if (life.service->database_ready != NULL)
        life.service->database_ready();
}

static void database_start(void)
{
    const struct service *service = life.service;
    life.db = db_new(life.loop, life.settings.database, (unsigned)life.settings.connections, service->statements,
                     service->statements_count);
    db_on_change(life.db, on_database, NULL);
    db_migrate(life.db, service->name, service->migrations, service->migrations_count);
}

static void start(const struct option *options)
{
    struct fault why = {0};
    life.started_at = clock_ticks();
    life.loop = loop_new();
    raise_limits();
    if (!admin_start(&life, &why) || !bus_start(&why))
        fatal_fault(options, &why);
    if (life.service->only_asks)
        life.database_ready = true;
    else
        database_start();
    if (life.service->start != NULL && !life.service->start(&why))
        fatal_fault(options, &why);
    log_info("started", "version=%s pid=%d admin=%s bus=%s", DJEMBE_VERSION, (int)getpid(), life.settings.admin_listen,
             life.settings.bus_listen != NULL ? life.settings.bus_listen : "none");
}

/* ---- stop ---- */

static void on_drained(void *arg)
{
    (void)arg;
    loop_stop(life.loop);
}

static int64_t drain_end;

static void look_for_waiting(void *arg)
{
    (void)arg;
    if (http_all_answered() || clock_ticks() >= drain_end)
        loop_stop(life.loop);
}

/* Requests that came in over HTTP are answered first, then those of the bus. A second signal cuts the waiting short. */
static void drain(void)
{
    life.stopping = true;
    http_quiesce_all(life.admin);
    drain_end = clock_ticks() + DRAIN_MS;
    struct loop_timer *look = loop_timer_new(life.loop, 0, DRAIN_LOOK_MS, look_for_waiting, NULL);
    loop_run(life.loop);
    loop_timer_cancel(&look);
    if (life.service->stop != NULL)
        life.service->stop();
    bus_drain(life.bus, DRAIN_MS, on_drained, NULL);
    loop_run(life.loop);
}

static void end(void)
{
    http_destroy(&life.admin);
    bus_destroy(&life.bus);
    db_destroy(&life.db);
    loop_destroy(&life.loop);
    log_info("stopped", "uptime_seconds=%lld", (long long)(clock_ticks() - life.started_at) / 1000);
}

/* ---- the command line ---- */

static void print_help(const struct service *service, const struct option *options)
{
    const char *program = service_program(service);
    printf("%s %s: one of the daemons of a Djembe site.\n\n"
           "  %s            runs until SIGTERM or SIGINT\n"
           "  %s --check    checks the settings, the keys and the SQL statements, and exits\n"
           "  %s --help     this text\n"
           "  %s --version\n\n"
           "Settings are environment variables, here with the values of today:\n\n",
           program, DJEMBE_VERSION, program, program, program, program);
    options_print(options);
}

static void read_settings(const struct option *options)
{
    struct fault why = {0};
    enum log_level least = LOG_LEVEL_info;
    umask(027);
    log_start(life.service->name, least);
    if (!options_read(options, &why) || !settings_check(&life.settings, &least, &why))
        fatal("%s", why.text);
    log_start(life.service->name, least);
}

static void on_check_database(void *arg, bool up)
{
    *(bool *)arg = up;
    loop_stop(life.loop);
}

/* The first trouble that the database module logs is the answer. */
static void look_for_trouble(void *arg)
{
    (void)arg;
    if (*log_last_error(NULL) != '\0' || clock_ticks() - life.started_at > CHECK_MS)
        loop_stop(life.loop);
}

static bool check_statements(void)
{
    bool up = false;
    life.started_at = clock_ticks();
    life.loop = loop_new();
    life.db = db_new(life.loop, life.settings.database, 1, life.service->statements, life.service->statements_count);
    db_on_change(life.db, on_check_database, &up);
    struct loop_timer *look = loop_timer_new(life.loop, CHECK_LOOK_MS, CHECK_LOOK_MS, look_for_trouble, NULL);
    loop_run(life.loop);
    loop_timer_cancel(&look);
    db_destroy(&life.db);
    loop_destroy(&life.loop);
    return up;
}

/* PostgreSQL that is away is no wrong setting: the daemon would start and wait for it. A statement that does not fit is
 * a fault, but for a database that no daemon has prepared yet. */
static int check(void)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s.key_secret", life.settings.keys, life.service->name);
    if (access(path, R_OK) != 0)
        fatal(
            "The key %s cannot be read (%s): make the keys with `djembe-admin keys FOLDER` and set DJEMBE_KEYS to it.",
            path, strerror(errno));
    if (life.service->only_asks) {
        printf("%s: the settings are good.\n", service_program(life.service));
        return 0;
    }
    bool up = check_statements(), unfit = !up && strstr(log_last_error(NULL), "cannot be prepared") != NULL;
    printf("%s: the settings are good; %s.\n", service_program(life.service),
           up      ? "all SQL statements fit the database"
           : unfit ? "but a statement does not fit the database (above), or the daemon has never run on it"
                   : "PostgreSQL is away, so that the SQL statements were not checked");
    return unfit ? 1 : 0;
}

static int run(const struct option *options)
{
    start(options);
    loop_run(life.loop);
    drain();
    end();
    return 0;
}

int service_main(int argc, char **argv, const struct service *service)
{
    life = (struct service_life){.service = service};
    const struct option *options = settings_table(service, &life.settings);
    const char *word = argc > 1 ? argv[1] : "";
    int status = 0;
    if (argc > 2 ||
        (argc == 2 && strcmp(word, "--help") != 0 && strcmp(word, "--check") != 0 && strcmp(word, "--version") != 0)) {
        fprintf(stderr, "%s: settings are environment variables; try --help\n", service_program(service));
        status = 2;
    } else if (strcmp(word, "--help") == 0) {
        print_help(service, options);
    } else if (strcmp(word, "--version") == 0) {
        printf("%s %s\n", service_program(service), DJEMBE_VERSION);
    } else {
        read_settings(options);
        status = strcmp(word, "--check") == 0 ? check() : run(options);
    }
    free((void *)options);
    return status;
}
