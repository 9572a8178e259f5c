/* The settings that every daemon has. */
#include "services/common/arena.h"
#include "services/common/service_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const service_names[SERVICES_COUNT] = {"tracker", "web", "catalog", "ratio"};

/* Defaults that depend on which daemon it is. */
static char bus_standard[48], admin_standard[48], state_standard[48];

const char *service_program(const struct service *service)
{
    static char name[48];
    snprintf(name, sizeof name, "djembe-%s", service->name);
    return service->program != NULL ? service->program : name;
}

static size_t count_rows(const struct option *options)
{
    size_t count = 0;
    while (options != NULL && options[count].name != NULL)
        count++;
    return count;
}

const struct option *settings_table(const struct service *service, struct settings *into)
{
    snprintf(bus_standard, sizeof bus_standard, "tcp://127.0.0.1:%u", service->bus_port);
    snprintf(admin_standard, sizeof admin_standard, "127.0.0.1:%u", service->admin_port);
    snprintf(state_standard, sizeof state_standard, "var/state/%s", service->name);
    const struct option served[] = {
        {"DJEMBE_DATABASE", OPTION_text, &into->database, "host=/run/postgresql dbname=djembe", 1, 1000,
         "PostgreSQL, as postgres://… or as libpq's keyword=value text.", true},
        {"DJEMBE_DATABASE_CONNECTIONS", OPTION_number, &into->connections,
         service->connections != NULL ? service->connections : "2", 1, 32,
         "How many connections to PostgreSQL are kept open.", false},
        {"DJEMBE_BUS_LISTEN", OPTION_text, &into->bus_listen, bus_standard, 7, 200,
         "Where the other daemons reach this one; its facts are on the port 10 higher.", false},
    };
    const struct option common[] = {
        {"DJEMBE_KEYS", OPTION_path, &into->keys, "var/keys", 0, 0,
         "Folder of the certificates that the daemons know each other by.", false},
        {"DJEMBE_STATE", OPTION_path, &into->state, state_standard, 0, 0, "Folder for this daemon's own files.", false},
        {"DJEMBE_ADMIN_LISTEN", OPTION_address, &into->admin_listen, admin_standard, 0, 0,
         "Where /healthz, /readyz and /metrics are; show it to your own machines only.", false},
        {"DJEMBE_LOG_LEVEL", OPTION_text, &into->log_level, "info", 0, 0,
         "The least that is logged: debug, info, warning or error.", false},
        {"DJEMBE_TRACKER", OPTION_text, &into->endpoints[0], "tcp://127.0.0.1:5554", 7, 200,
         "The tracker's bus address.", false},
        {"DJEMBE_WEB", OPTION_text, &into->endpoints[1], "tcp://127.0.0.1:5553", 7, 200,
         "The web daemon's bus address.", false},
        {"DJEMBE_CATALOG", OPTION_text, &into->endpoints[2], "tcp://127.0.0.1:5551", 7, 200,
         "The catalog's bus address.", false},
        {"DJEMBE_RATIO", OPTION_text, &into->endpoints[3], "tcp://127.0.0.1:5552", 7, 200,
         "The ratio daemon's bus address.", false},
    };
    size_t serves = service->only_asks ? 0 : sizeof served / sizeof *served;
    size_t commons = sizeof common / sizeof *common, own = count_rows(service->options);
    struct option *table = mem_zero(serves + commons + own + 1, sizeof *table);
    memcpy(table, served, serves * sizeof *table);
    memcpy(table + serves, common, sizeof common);
    if (own > 0)
        memcpy(table + serves + commons, service->options, own * sizeof *table);
    return table;
}

static bool read_level(const char *text, enum log_level *least)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *least = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* The folder and what is missing above it. */
static bool make_folder(const char *path)
{
    char part[4096];
    size_t size = strlen(path);
    if (size >= sizeof part)
        return false;
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        snprintf(part, sizeof part, "%.*s", (int)i, path);
        if (mkdir(part, 0700) != 0 && errno != EEXIST && errno != EISDIR)
            return false;
    }
    return access(path, W_OK | X_OK) == 0;
}

static bool is_endpoint(const char *text)
{
    const char *colon = strrchr(text, ':');
    char *end;
    if (strncmp(text, "tcp://", 6) != 0 || colon <= text + 6 || colon[1] < '0' || colon[1] > '9')
        return false;
    unsigned long port = strtoul(colon + 1, &end, 10);
    return *end == '\0' && port >= 1 && port <= 65525;
}

bool settings_check(const struct settings *settings, enum log_level *least, struct fault *why)
{
    static const char *const endpoint_names[] = {"DJEMBE_TRACKER", "DJEMBE_WEB", "DJEMBE_CATALOG", "DJEMBE_RATIO"};
    if (!read_level(settings->log_level, least))
        return fault_set(why, STATUS_invalid, "DJEMBE_LOG_LEVEL",
                         "DJEMBE_LOG_LEVEL is \"%.40s\", but it must be debug, info, warning or error.",
                         settings->log_level);
    for (size_t i = 0; i < SERVICES_COUNT + 1; i++) {
        const char *name = i < SERVICES_COUNT ? endpoint_names[i] : "DJEMBE_BUS_LISTEN";
        const char *value = i < SERVICES_COUNT ? settings->endpoints[i] : settings->bus_listen;
        if (value != NULL && !is_endpoint(value))
            return fault_set(why, STATUS_invalid, name,
                             "%s is \"%.80s\", but it must be tcp://HOST:PORT (a port below 65526).", name, value);
    }
    if (!make_folder(settings->state))
        return fault_set(why, STATUS_invalid, "DJEMBE_STATE",
                         "The folder %.120s cannot be written (%s): make it, or set DJEMBE_STATE to another.",
                         settings->state, strerror(errno));
    return true;
}

static bool holds_text(const struct option *option)
{
    return !option->secret &&
           (option->kind == OPTION_text || option->kind == OPTION_address || option->kind == OPTION_path);
}

const char *settings_name_of(const struct option *options, const char *sentence)
{
    const char *name = NULL;
    size_t longest = 5; /* shorter values may be in it by chance */
    for (; options->name != NULL; options++) {
        const char *value = holds_text(options) ? *(const char *const *)options->into : "";
        if (strlen(value) > longest && strstr(sentence, value) != NULL) {
            longest = strlen(value);
            name = options->name;
        }
    }
    return name;
}
