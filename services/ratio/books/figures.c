/* Three tables of figures by id, each compared with what the rules say now whenever they tell of a change. */
#include "services/ratio/books/figures.h"

#include "services/ratio/rules/browse.h"

#include "services/common/arena.h"
#include "services/common/slab.h"
#include "services/common/table.h"

#include <stdlib.h>

#define HOUR_MS INT64_C(3600000)
#define MINUTES 60

enum { OF_MEMBER, OF_BACKUP, OF_VERSION, KINDS };
enum { FIGURES_MOST = 6 };

struct entry {
    int64_t id;
    int64_t figures[]; /* as many as its kind has */
};

struct figures {
    struct slab entries;
    struct table ids;
};

struct memory {
    struct figures kinds[KINDS];
    int64_t held, stale;
    int64_t fallen[MINUTES]; /* became STALE in that minute */
    int64_t minutes[MINUTES];
};

static const char *const figure_names[KINDS][FIGURES_MOST] = {
    [OF_MEMBER] = {"contribution", "lent", "obligation", "points", "assigned", "overdue"},
    [OF_BACKUP] = {"stake", "redundancy"},
    [OF_VERSION] = {"counted", "redundancy", "retired"},
};
static const size_t figure_counts[KINDS] = {[OF_MEMBER] = 6, [OF_BACKUP] = 2, [OF_VERSION] = 3};

static const char *const state_names[] = {
    [RULES_NO_COPY] = "none",    [RULES_OFFERED] = "offered", [RULES_FETCHING] = "fetching",
    [RULES_HELD] = "held",       [RULES_STALE] = "stale",     [RULES_LOST] = "lost",
    [RULES_FAILED] = "failed",   [RULES_DROPPED] = "dropped", [RULES_RELEASED] = "released",
    [RULES_EXPIRED] = "expired",
};

const char *state_name(enum rules_state state)
{
    return state_names[state];
}

static uint64_t hash_id(int64_t id)
{
    uint64_t hash = ((uint64_t)id ^ (uint64_t)id >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb) >> 13;
}

/* The figures remembered; `made` tells that there were none, and they are zero. */
static int64_t *figures_of(struct figures *figures, int64_t id, bool *made)
{
    struct entry *entry;
    for (uint32_t place = 0, at; (at = table_next(&figures->ids, hash_id(id), &place)) != 0;) {
        entry = slab_at(&figures->entries, at);
        *made = false;
        if (entry->id == id)
            return entry->figures;
    }
    uint32_t handle = slab_take(&figures->entries);
    entry = slab_at(&figures->entries, handle);
    entry->id = id;
    table_add(&figures->ids, hash_id(id), handle);
    *made = true;
    return entry->figures;
}

/* What the rules say now. */
static bool figures_read(struct rules *rules, int kind, int64_t id, int64_t into[FIGURES_MOST])
{
    struct rules_profile profile;
    struct rules_backup backup;
    struct rules_placing placing;
    if (kind == OF_MEMBER && rules_profile(rules, id, &profile, NULL)) {
        const int64_t figures[] = {profile.contribution,    profile.lent,   profile.obligation, profile.points_total,
                                   profile.points_assigned, profile.overdue};
        memcpy(into, figures, sizeof figures);
        return true;
    }
    if (kind == OF_BACKUP && rules_backup(rules, id, &backup, NULL)) {
        into[0] = backup.points;
        into[1] = backup.deleted ? 0 : backup.redundancy;
        return true;
    }
    if (kind == OF_VERSION && rules_placing(rules, id, &placing)) {
        into[0] = placing.counted;
        into[1] = placing.redundancy;
        into[2] = placing.deleted && placing.superseded;
        return true;
    }
    return false;
}

/* ---- effects ---- */

void effects_add(struct effects *effects, const struct effect *effect)
{
    if (effects->rows_count == effects->rows_room) {
        effects->rows_room = effects->rows_room == 0 ? 64 : effects->rows_room * 2;
        effects->rows = mem_grow(effects->rows, effects->rows_room * sizeof *effects->rows);
    }
    effects->rows[effects->rows_count++] = *effect;
}

void effects_pair(struct effects *effects, int64_t user, int64_t version)
{
    if (effects->pairs_count == effects->pairs_room) {
        effects->pairs_room = effects->pairs_room == 0 ? 64 : effects->pairs_room * 2;
        effects->pairs = mem_grow(effects->pairs, effects->pairs_room * sizeof *effects->pairs);
    }
    effects->pairs[effects->pairs_count++] = (struct pair){.user = user, .version = version};
}

void effects_clear(struct effects *effects)
{
    free(effects->rows);
    free(effects->pairs);
    *effects = (struct effects){0};
}

/* ---- memory ---- */

static void memory_fill(struct memory *memory, struct rules *rules, int kind, int64_t id)
{
    int64_t figures[FIGURES_MOST];
    bool made;
    if (figures_read(rules, kind, id, figures))
        memcpy(figures_of(&memory->kinds[kind], id, &made), figures, figure_counts[kind] * sizeof *figures);
}

struct memory *memory_new(struct rules *rules)
{
    struct memory *memory = mem_zero(1, sizeof *memory);
    int64_t id;
    for (int kind = 0; kind < KINDS; kind++)
        slab_init(&memory->kinds[kind].entries, sizeof(struct entry) + figure_counts[kind] * sizeof(int64_t));
    for (uint32_t place = 0; (id = rules_next_member(rules, &place)) != 0;)
        memory_fill(memory, rules, OF_MEMBER, id);
    for (uint32_t place = 0; (id = rules_next_backup(rules, &place)) != 0;)
        memory_fill(memory, rules, OF_BACKUP, id);
    for (uint32_t place = 0; (id = rules_next_version(rules, &place)) != 0;)
        memory_fill(memory, rules, OF_VERSION, id);
    rules_tally(rules, &memory->held, &memory->stale);
    return memory;
}

void memory_destroy(struct memory **memory)
{
    if (*memory == NULL)
        return;
    for (int kind = 0; kind < KINDS; kind++) {
        slab_clear(&(*memory)->kinds[kind].entries);
        table_clear(&(*memory)->kinds[kind].ids);
    }
    free(*memory);
    *memory = NULL;
}

void memory_tally(const struct memory *memory, int64_t now, int64_t *held, int64_t *stale, int64_t *fallen)
{
    *held = memory->held;
    *stale = memory->stale;
    *fallen = 0;
    for (int i = 0; i < MINUTES; i++)
        if (memory->minutes[i] > (now - HOUR_MS) / 60000)
            *fallen += memory->fallen[i];
}

static void note_figures(struct memory *memory, struct rules *rules, int kind, const struct effect *about, int64_t id,
                         struct effects *into)
{
    int64_t now[FIGURES_MOST];
    bool made;
    if (!figures_read(rules, kind, id, now))
        return;
    int64_t *before = figures_of(&memory->kinds[kind], id, &made);
    for (size_t i = 0; i < figure_counts[kind]; i++) {
        if (before[i] == now[i])
            continue;
        struct effect effect = *about;
        effect.what = figure_names[kind][i];
        effect.before = before[i];
        effect.after = now[i];
        before[i] = now[i];
        if (into != NULL)
            effects_add(into, &effect);
    }
}

/* They stand in their owner's history. */
static void note_backup(struct memory *memory, struct rules *rules, const struct effect *about, struct effects *into)
{
    struct rules_backup backup;
    struct effect owned = *about;
    if (rules_backup(rules, about->backup, &backup, NULL))
        owned.user = backup.owner;
    note_figures(memory, rules, OF_BACKUP, &owned, about->backup, into);
}

static void note_fall(struct memory *memory, int64_t at)
{
    int64_t minute = at / 60000;
    int place = (int)(minute % MINUTES);
    if (memory->minutes[place] != minute)
        memory->fallen[place] = 0;
    memory->minutes[place] = minute;
    memory->fallen[place]++;
}

static void note_copy(struct memory *memory, const struct effect *about, const struct rules_change *change,
                      struct effects *into)
{
    memory->held += (change->to == RULES_HELD) - (change->from == RULES_HELD);
    memory->stale += (change->to == RULES_STALE) - (change->from == RULES_STALE);
    if (change->from == change->to)
        return;
    if (change->to == RULES_STALE)
        note_fall(memory, about->at);
    if (into == NULL)
        return;
    struct effect effect = *about;
    effect.what = "copy";
    effect.state_before = state_name(change->from);
    effect.state_after = state_name(change->to);
    effects_add(into, &effect);
    effects_pair(into, change->user, change->version);
}

void memory_note(struct memory *memory, struct rules *rules, int64_t seq, const char *cause, struct effects *into)
{
    size_t count;
    const struct rules_change *changes = rules_changes(rules, &count);
    for (size_t i = 0; i < count; i++) {
        const struct rules_change *change = &changes[i];
        const struct effect about = {.seq = seq,
                                     .at = rules_time(rules),
                                     .cause = cause,
                                     .user = change->user,
                                     .version = change->version,
                                     .backup = change->backup,
                                     .state_before = "",
                                     .state_after = ""};
        if (change->what == RULES_CHANGED_MEMBER)
            note_figures(memory, rules, OF_MEMBER, &about, change->user, into);
        else if (change->what == RULES_CHANGED_BACKUP)
            note_backup(memory, rules, &about, into);
        else if (change->what == RULES_CHANGED_VERSION)
            note_figures(memory, rules, OF_VERSION, &about, change->version, into);
        else
            note_copy(memory, &about, change, into);
    }
}
