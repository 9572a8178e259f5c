#include "services/web/explain_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum unit { NUMBER, BYTES, BYTES_UP, BYTES_DOWN, SPAN, TIME, YES_NO, HOURS, WAY };

static const struct figure {
    const char *name, *label;
    enum unit unit;
} figures[] = {
    {"contribution", "held for others, counting (C)", BYTES_DOWN},
    {"lent", "held by others (L)", BYTES},
    {"incoming", "on its way to others (IF)", BYTES},
    {"obligation", "asked for by the own backups (O)", BYTES_UP},
    {"debt", "owed", BYTES_UP},
    {"surplus", "held beyond that", BYTES_DOWN},
    {"size", "size", BYTES},
    {"loan", "loan", BYTES},
    {"free_space", "declared free space", BYTES},
    {"fetching", "offered or being fetched", BYTES},
    {"room", "room for offers", BYTES},
    {"wanted", "still wanted", BYTES_UP},
    {"largest", "the largest free space", BYTES_DOWN},
    {"together", "free space of all", BYTES_DOWN},
    {"shortfall", "without a place", BYTES_UP},
    {"clock_seconds", "debt clock", SPAN},
    {"overdue_seconds", "overdue at", SPAN},
    {"release_seconds", "copies are released at", SPAN},
    {"seconds_left", "grace", SPAN},
    {"held_since", "held since", TIME},
    {"since", "since", TIME},
    {"at", "when", TIME},
    {"next_at", "next", TIME},
    {"work", "something to hold", YES_NO},
    {"progressing", "a fetch progresses", YES_NO},
    {"restoring", "own content is restored", YES_NO},
    {"overdue", "overdue", YES_NO},
    {"proven", "proven", YES_NO},
    {"probation", "on trial", YES_NO},
    {"serveable", "somebody is online to serve it", YES_NO},
    {"queued", "in the queue", YES_NO},
    {"could_hold", "could be held by you", YES_NO},
    {"colocated", "at the same address", YES_NO},
    {"deleted", "deleted", YES_NO},
    {"barred", "barred", YES_NO},
    {"suspended", "suspended", YES_NO},
    {"redundancy", "copies wanted (R)", NUMBER},
    {"counted", "counting", NUMBER},
    {"in_flight", "under way", NUMBER},
    {"spare", "spare", NUMBER},
    {"tier", "tier", NUMBER},
    {"points", "points", NUMBER},
    {"points_total", "points", NUMBER},
    {"points_assigned", "assigned", NUMBER},
    {"points_free", "free", NUMBER},
    {"risk", "risk of loss", NUMBER},
    {"wait_hours", "hours waited", NUMBER},
    {"base", "together", NUMBER},
    {"rank", "of the same owner before it", NUMBER},
    {"score", "score", NUMBER},
    {"place", "place in the queue", NUMBER},
    {"readers", "feeds read within a day", NUMBER},
    {"took_ms", "took, ms", NUMBER},
    {"direction", "the clock", WAY},
    {"hours_since", "the feed was read", HOURS},
};

static const struct figure *find(struct slice name)
{
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (slice_is(name, figures[i].name))
            return &figures[i];
    return NULL;
}

const char *explain_label(struct slice name, char into[EXPLAIN_TEXT_MAX])
{
    const struct figure *figure = find(name);
    if (figure != NULL)
        return figure->label;
    snprintf(into, EXPLAIN_TEXT_MAX, "%.*s", SLICE_ARGS(name));
    return into;
}

/* 2.4: what is held is rounded down, what is owed up. */
static const char *print_bytes(int64_t value, enum unit unit, char into[FORMAT_MAX])
{
    char size[FORMAT_MAX];
    const char *(*format)(uint64_t bytes, char text[FORMAT_MAX]) = unit == BYTES_UP     ? format_size_up
                                                                   : unit == BYTES_DOWN ? format_size_down
                                                                                        : format_size;
    if (value >= INT64_C(1) << 62)
        snprintf(into, FORMAT_MAX, "no limit");
    else
        snprintf(into, FORMAT_MAX, "%s%.*s", value < 0 ? "-" : "", FORMAT_MAX - 2,
                 format((uint64_t)(value < 0 ? -value : value), size));
    return into;
}

static const char *print_hours(int64_t value, char into[FORMAT_MAX])
{
    if (value < 0)
        snprintf(into, FORMAT_MAX, "never");
    else
        snprintf(into, FORMAT_MAX, "%" PRId64 " h ago", value);
    return into;
}

const char *explain_value(struct slice name, int64_t value, char into[FORMAT_MAX])
{
    const struct figure *figure = find(name);
    enum unit unit = figure != NULL ? figure->unit : NUMBER;
    if (slice_is(name, "free_space") && value < 0)
        snprintf(into, FORMAT_MAX, "never declared");
    else if (unit == BYTES || unit == BYTES_UP || unit == BYTES_DOWN)
        print_bytes(value, unit, into);
    else if (unit == SPAN && value > 0)
        format_span((uint64_t)value, into);
    else if (unit == TIME && value > 0)
        format_stamp(value, into);
    else if (unit == TIME)
        snprintf(into, FORMAT_MAX, "never");
    else if (unit == YES_NO)
        snprintf(into, FORMAT_MAX, "%s", value != 0 ? "yes" : "no");
    else if (unit == WAY)
        snprintf(into, FORMAT_MAX, "%s", value > 0 ? "runs" : value < 0 ? "runs backward" : "stands");
    else if (unit == HOURS)
        print_hours(value, into);
    else
        snprintf(into, FORMAT_MAX, "%" PRId64, value);
    return into;
}

struct word {
    const char *key, *text;
};

static const char *word_of(const struct word *words, struct slice key)
{
    for (; words->key != NULL; words++)
        if (slice_is(key, words->key))
            return words->text;
    return "something else";
}

const char *explain_cause(struct slice cause)
{
    static const struct word words[] = {{"member", "an account was opened"},
                                        {"backup", "a backup was made"},
                                        {"redundancy", "another number of copies was wanted"},
                                        {"version", "a version was added"},
                                        {"delete_version", "a version was deleted"},
                                        {"delete_backup", "a backup was deleted"},
                                        {"announce", "a client reported"},
                                        {"sightings", "a client reported"},
                                        {"dropped", "a holder dropped its copy"},
                                        {"audit", "an audit"},
                                        {"assign", "points were assigned"},
                                        {"move", "points were moved"},
                                        {"burn", "staff took points"},
                                        {"grant", "staff gave points"},
                                        {"retention", "other versions were to be kept"},
                                        {"suspended", "the account was suspended, or let in again"},
                                        {"household", "a client reported"},
                                        {"free_space", "a feed was read, or free space declared"},
                                        {"tracker", "the trackers went away or came back"},
                                        {"tick", "offers were made"},
                                        {"time", "time passed"},
                                        {NULL, NULL}};
    return word_of(words, cause);
}

const char *explain_what(struct slice what)
{
    static const struct word words[] = {{"copy", "copy"},
                                        {"contribution", "held for others (C)"},
                                        {"lent", "held by others (L)"},
                                        {"obligation", "asked for (O)"},
                                        {"points", "points"},
                                        {"assigned", "points assigned"},
                                        {"overdue", "overdue"},
                                        {"counted", "copies that count"},
                                        {"redundancy", "copies wanted"},
                                        {"retired", "superseded and deleted"},
                                        {"stake", "points of a backup"},
                                        {NULL, NULL}};
    return word_of(words, what);
}

const char *explain_changed(struct slice what, int64_t value, char into[FORMAT_MAX])
{
    if (slice_is(what, "contribution") || slice_is(what, "lent") || slice_is(what, "obligation"))
        return print_bytes(value, find(what)->unit, into);
    if (slice_is(what, "overdue") || slice_is(what, "retired"))
        snprintf(into, FORMAT_MAX, "%s", value != 0 ? "yes" : "no");
    else
        snprintf(into, FORMAT_MAX, "%" PRId64, value);
    return into;
}
