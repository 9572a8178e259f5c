/* The constants of 2.2 by name (Q4): what each is where nothing was set, and what it may be. */
#include "services/ratio/rules/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GIB (INT64_C(1) << 30)
#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)
#define SECONDS_MOST (36500 * DAY)
#define BYTES_MOST (INT64_C(1) << 60)
#define COUNT_MOST 1000000

static const struct number {
    const char *name;
    size_t at;
    int64_t standard, most;
} numbers[] = {
#define NUMBER(name, standard, most)                                                                                   \
    {                                                                                                                  \
#name, offsetof(struct rules_settings, name), standard, most                                                   \
    }
    NUMBER(loan, 10 * GIB, BYTES_MOST),
    NUMBER(loan_copies, 2, COUNT_MOST),
    NUMBER(loan_age, 0, SECONDS_MOST),
    NUMBER(clock_overdue, 30 * DAY, SECONDS_MOST),
    NUMBER(clock_release, 44 * DAY, SECONDS_MOST),
    NUMBER(grace_min, 24 * HOUR, SECONDS_MOST),
    NUMBER(grace_max, 168 * HOUR, SECONDS_MOST),
    NUMBER(offer, 12 * HOUR, SECONDS_MOST),
    NUMBER(fetch_idle, 48 * HOUR, SECONDS_MOST),
    NUMBER(probation, 72 * HOUR, SECONDS_MOST),
    NUMBER(proof_ttl, 14 * DAY, SECONDS_MOST),
    NUMBER(cooldown, 7 * DAY, SECONDS_MOST),
    NUMBER(want_cap, 1024 * GIB, BYTES_MOST),
    NUMBER(p_max, 1000, COUNT_MOST),
    NUMBER(p_grant, 100, COUNT_MOST),
    NUMBER(t_max, 1000, COUNT_MOST),
    NUMBER(fair, 25, COUNT_MOST),
    NUMBER(interval, 1800, SECONDS_MOST),
#undef NUMBER
};
#define NUMBERS (sizeof numbers / sizeof *numbers)

static int64_t *field_of(struct rules_settings *settings, const struct number *number)
{
    return (int64_t *)((char *)settings + number->at);
}

struct rules_settings rules_settings_standard(void)
{
    struct rules_settings settings = {.auditor = false, .bounty = true};
    for (size_t i = 0; i < NUMBERS; i++)
        *field_of(&settings, &numbers[i]) = numbers[i].standard;
    return settings;
}

static bool set_switch(bool *into, const char *name, const char *value, struct fault *why)
{
    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return fault_set(why, STATUS_invalid, name, "%s is either on or off.", name);
    *into = strcmp(value, "on") == 0;
    return true;
}

static bool set_number(struct rules_settings *settings, const struct number *number, const char *value,
                       struct fault *why)
{
    char *end;
    errno = 0;
    long long read = strtoll(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 || read > number->most)
        return fault_set(why, STATUS_invalid, number->name, "%s is a whole number from 0 to %lld.", number->name,
                         (long long)number->most);
    *field_of(settings, number) = read;
    return true;
}

bool rules_settings_set(struct rules_settings *settings, const char *pair, struct fault *why)
{
    const char *mark = strchr(pair, '=');
    if (mark == NULL)
        return fault_set(why, STATUS_invalid, NULL, "A setting is written name=value: \"%.80s\" is not.", pair);
    size_t size = (size_t)(mark - pair);
    if (size == strlen("auditor") && strncmp(pair, "auditor", size) == 0)
        return set_switch(&settings->auditor, "auditor", mark + 1, why);
    if (size == strlen("bounty") && strncmp(pair, "bounty", size) == 0)
        return set_switch(&settings->bounty, "bounty", mark + 1, why);
    for (size_t i = 0; i < NUMBERS; i++)
        if (strlen(numbers[i].name) == size && strncmp(pair, numbers[i].name, size) == 0)
            return set_number(settings, &numbers[i], mark + 1, why);
    return fault_set(why, STATUS_invalid, NULL, "There is no setting \"%.*s\".", (int)(size < 80 ? size : 80), pair);
}

void rules_settings_tell(const struct rules_settings *settings, char into[RULES_SETTINGS_TEXT])
{
    struct rules_settings standard = rules_settings_standard();
    size_t size = (size_t)snprintf(into, RULES_SETTINGS_TEXT, "interval=%lld auditor=%s", (long long)settings->interval,
                                   settings->auditor ? "on" : "off");
    if (!settings->bounty)
        size += (size_t)snprintf(into + size, RULES_SETTINGS_TEXT - size, " bounty=off");
    standard.interval = settings->interval;
    for (size_t i = 0; i < NUMBERS; i++) {
        int64_t value = *field_of((struct rules_settings *)settings, &numbers[i]);
        if (value != *field_of(&standard, &numbers[i]))
            size += (size_t)snprintf(into + size, RULES_SETTINGS_TEXT - size, " %s=%lld", numbers[i].name,
                                     (long long)value);
    }
}
