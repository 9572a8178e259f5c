/* Few ids, few sizes and many coincidences: what is rare in life is common here. */
#include "tests/unit/ratio/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define USERS 6
#define BACKUPS 5
#define VERSIONS 9

static uint64_t dice;

static uint64_t roll(uint64_t sides)
{
    dice ^= dice >> 12;
    dice ^= dice << 25;
    dice ^= dice >> 27;
    return (dice * UINT64_C(0x2545f4914f6cdd1d) >> 32) % sides;
}

static int64_t choose(const int64_t *from, size_t count)
{
    return from[roll(count)];
}
#define CHOOSE(...) choose((const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void settings_roll(struct rules_settings *settings)
{
    *settings = rules_settings_standard();
    settings->auditor = roll(2) == 0;
    settings->loan = CHOOSE(10 * GIB, 10 * GIB, 2 * GIB, 0);
    settings->loan_age = CHOOSE(0, 0, 0, 2 * 86400);
    settings->interval = CHOOSE(1800, 86400, 864000);
    settings->clock_overdue = CHOOSE(30 * 86400, 3 * 86400);
    settings->clock_release = settings->clock_overdue + CHOOSE(14 * 86400, 86400);
    settings->want_cap = CHOOSE(INT64_C(1) << 40, 60 * GIB);
    settings->probation = CHOOSE(72 * 3600, 3600, 40 * 86400);
    settings->proof_ttl = CHOOSE(14 * 86400, 86400, 90 * 86400);
    settings->t_max = CHOOSE(1000, 105);
    settings->bounty = roll(4) != 0;
}

/* Often to the ms of what is due next, or a ms off. */
static int64_t time_roll(const struct rules *rules)
{
    int64_t next = heap_first(&rules->deadlines);
    if (!rules->down && next != FOREVER && roll(3) == 0)
        return next - rules->now + (int64_t)roll(3) - 1;
    return CHOOSE(0, 0, 0, 1, 60000, 3600000, 12 * 3600000, 26 * 3600000, 9 * DAY_MS, 31 * DAY_MS);
}

static void event_fill(struct rules_event *event)
{
    static const enum rules_event_kind kinds[] = {
        RULES_member,     RULES_backup,         RULES_version,       RULES_version,    RULES_version,
        RULES_announce,   RULES_announce,       RULES_announce,      RULES_announce,   RULES_announce,
        RULES_announce,   RULES_announce,       RULES_announce,      RULES_announce,   RULES_announce,
        RULES_dropped,    RULES_audit,          RULES_audit,         RULES_audit,      RULES_audit,
        RULES_assign,     RULES_move,           RULES_burn,          RULES_free_space, RULES_tick,
        RULES_tick,       RULES_free_space,     RULES_redundancy,    RULES_announce,   RULES_announce,
        RULES_tracker,    RULES_delete_version, RULES_delete_backup, RULES_grant,      RULES_retention,
        RULES_retention,  RULES_suspended,      RULES_household,     RULES_household,  RULES_household,
        RULES_household,  RULES_tick,           RULES_tick,          RULES_free_space, RULES_free_space,
        RULES_free_space, RULES_free_space,
    };
    event->kind = kinds[roll(sizeof kinds / sizeof *kinds)];
    if ((event->kind == RULES_delete_version || event->kind == RULES_delete_backup) && roll(6) != 0)
        event->kind = RULES_tick;                              /* what is deleted is gone for the rest of the history */
    event->user = (int64_t)roll(roll(2) == 0 ? USERS : 2) + 1; /* two of them do most of it, and so have much */
    event->backup = (int64_t)roll(BACKUPS) + 1;
    event->version = (int64_t)roll(VERSIONS) + 1;
    event->redundancy = CHOOSE(1, 2, 3, 5, 20, 0, 21);
    event->size = CHOOSE(1, GIB, GIB, 4 * GIB, 11 * GIB, 30 * GIB, RULES_SIZE_MAX, 0);
    event->left = CHOOSE(0, 0, 0, GIB, GIB / 2, 5, -1);
    event->bytes = CHOOSE(0, GIB, 100 * GIB, 5000 * GIB, 5000 * GIB, 5000 * GIB, -1);
    event->points = CHOOSE(0, 5, 50, 100, 1001, -1);
    event->from = (int64_t)roll(BACKUPS) + 1;
    event->to = (int64_t)roll(BACKUPS) + 1;
    event->expects = roll(4) == 0;
    event->expected_assigned = CHOOSE(0, 5, 50);
    event->result = (enum rules_result)CHOOSE(RULES_pass, RULES_pass, RULES_fail, RULES_suspect, RULES_busy);
    event->up = roll(3) != 0;
    event->suspended = roll(3) == 0;
    event->household = CHOOSE(1, 1, 1, 1, 2, 3, 4, 5, 0);
    event->depends_on = roll(4) == 0 ? (int64_t)roll(VERSIONS) + 1 : 0;
    event->retention = (struct rules_retention){.last = CHOOSE(0, 0, 1, 2, 1001),
                                                .daily = CHOOSE(0, 0, 0, 1, 3),
                                                .weekly = CHOOSE(0, 0, 0, 1),
                                                .monthly = CHOOSE(0, 0, 0, 1),
                                                .within = CHOOSE(0, 0, 0, 9, -1)};
}

/* Most of what happens is about a copy that there is, or about a version that its owner serves. */
static void event_aim(const struct rules *rules, struct rules_event *event)
{
    if (rules->versions.top < 2 || roll(3) == 0 || (event->kind != RULES_audit && event->kind != RULES_announce))
        return;
    const struct version *version = version_at(rules, 1 + (uint32_t)roll(rules->versions.top - 1));
    uint32_t member = version->owner;
    if (rules->copies.top > 1 && roll(2) == 0) {
        const struct copy *copy = copy_at(rules, 1 + (uint32_t)roll(rules->copies.top - 1));
        if (copy->member == 0)
            return;
        version = version_at(rules, copy->version);
        member = copy->member;
    }
    event->user = member_at(rules, member)->id;
    event->version = version->id;
}

/* The world is there early; ids come again later, to be refused. */
static void event_begin(const struct rules *rules, struct rules_event *event, size_t number)
{
    if (number < USERS)
        *event = (struct rules_event){.kind = RULES_member, .user = (int64_t)number + 1};
    else if (number < USERS + BACKUPS)
        *event = (struct rules_event){.kind = RULES_backup,
                                      .backup = (int64_t)(number - USERS) + 1,
                                      .user = (int64_t)roll(USERS) + 1,
                                      .redundancy = CHOOSE(1, 2, 3, 5)};
    else {
        event_fill(event);
        event_aim(rules, event);
    }
}

void history_make(struct history *history, uint64_t seed)
{
    dice = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (int i = 0; i < 8; i++)
        roll(2);
    settings_roll(&history->settings);
    history->count = 40 + roll(MODEL_EVENTS - 40);
    struct rules *rules = rules_new(&history->settings);
    int64_t at = 0;
    for (size_t i = 0; i < history->count; i++) {
        struct rules_event event = {0};
        event_begin(rules, &event, i);
        int64_t later = i < USERS + BACKUPS ? 0 : time_roll(rules);
        at += later > 0 ? later : 0;
        if (at > RULES_AT_LAST)
            at = RULES_AT_LAST;
        event.at = at;
        history->events[i] = event;
        rules_apply(rules, &event, NULL);
    }
    rules_destroy(&rules);
}

/* As lines for djembe-ratio --replay. */
static void event_print(const struct rules_event *event)
{
    static const char *const results[] = {"pass", "fail", "suspect", "busy", "unreachable"};
    static const char *const names[RULES_EVENTS] = {
        "member",     "backup",    "redundancy", "retention", "version", "delete_version", "delete_backup",
        "announce",   "dropped",   "audit",      "assign",    "move",    "burn",           "grant",
        "free_space", "suspended", "household",  "tracker",   "tick"};
    printf("{\"at\":%" PRId64 ",\"event\":\"%s\",\"user\":%" PRId64 ",\"owner\":%" PRId64 ",\"backup\":%" PRId64,
           event->at, names[event->kind], event->user, event->user, event->backup);
    printf(",\"version\":%" PRId64 ",\"redundancy\":%" PRId64 ",\"size\":%" PRId64 ",\"left\":%" PRId64, event->version,
           event->redundancy, event->size, event->left);
    printf(",\"bytes\":%" PRId64 ",\"points\":%" PRId64 ",\"from\":%" PRId64 ",\"to\":%" PRId64, event->bytes,
           event->points, event->from, event->to);
    printf(",\"depends_on\":%" PRId64 ",\"last\":%" PRId64 ",\"daily\":%" PRId64, event->depends_on,
           event->retention.last, event->retention.daily);
    printf(",\"weekly\":%" PRId64 ",\"monthly\":%" PRId64 ",\"within\":%" PRId64, event->retention.weekly,
           event->retention.monthly, event->retention.within);
    if (event->expects)
        printf(",\"expected_assigned\":%" PRId64, event->expected_assigned);
    printf(",\"household\":%" PRId64, event->household);
    printf(",\"result\":\"%s\",\"up\":%s,\"suspended\":%s}\n", results[event->result], event->up ? "true" : "false",
           event->suspended ? "true" : "false");
}

void history_print(const struct history *history)
{
    char text[RULES_SETTINGS_TEXT], *rest = text;
    rules_settings_tell(&history->settings, text);
    for (const char *pair; (pair = strsep(&rest, " ")) != NULL;)
        printf("--set %s ", pair);
    puts("");
    for (size_t i = 0; i < history->count; i++)
        event_print(&history->events[i]);
}
