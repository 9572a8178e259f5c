/* Reads records for browse.h; changes nothing. */
#include "services/ratio/rules/browse.h"

#include "services/ratio/rules/state.h"

#include "services/common/arena.h"

#include <stdlib.h>

int64_t rules_time(const struct rules *r)
{
    return r->at;
}

bool rules_is_down(const struct rules *r)
{
    return r->down;
}

/* Tracker ms as unix ms; 0 for what has not happened or never comes. */
static int64_t unix_of(const struct rules *r, int64_t tracker_ms)
{
    return tracker_ms <= RULES_NEVER / 2 || tracker_ms == FOREVER ? 0 : r->at + (tracker_ms - r->now);
}

bool rules_backup(const struct rules *r, int64_t id, struct rules_backup *answer, struct fault *why)
{
    uint32_t handle = backup_find(r, id);
    if (handle == 0)
        return fault_set(why, STATUS_not_found, "backup", "There is no backup %lld.", (long long)id);
    const struct backup *backup = backup_at(r, handle);
    *answer = (struct rules_backup){
        .backup = id,
        .owner = member_at(r, backup->owner)->id,
        .redundancy = backup->redundancy,
        .points = backup->points,
        .bytes = backup->bytes,
        .changed_at = unix_of(r, backup->changed),
        .deleted = backup->deleted,
        .retention = {.last = backup->retention.last,
                      .daily = backup->retention.daily,
                      .weekly = backup->retention.weekly,
                      .monthly = backup->retention.monthly,
                      .within = backup->retention.within},
    };
    if (backup->versions != 0) {
        answer->newest = version_at(r, backup->versions)->id;
        answer->newest_at = version_at(r, backup->versions)->created_at;
    }
    return true;
}

struct rules_worst rules_worst(const struct rules *r, int64_t id)
{
    struct rules_worst answer = {0};
    uint32_t handle = backup_find(r, id);
    for (uint32_t at = handle != 0 ? backup_at(r, handle)->versions : 0; at != 0; at = version_at(r, at)->backup_next) {
        const struct version *version = version_at(r, at); /* the newest comes first */
        if (answer.versions++ == 0 || version->n < answer.counted) {
            answer.worst = version->id;
            answer.counted = version->n;
        }
    }
    return answer;
}

bool rules_space(const struct rules *r, int64_t user, int64_t *bytes, int64_t *polled_at, struct fault *why)
{
    uint32_t handle = member_find(r, user);
    if (handle == 0)
        return fault_set(why, STATUS_not_found, "user", "There is no member %lld.", (long long)user);
    *bytes = member_at(r, handle)->free_space;
    *polled_at = unix_of(r, member_at(r, handle)->polled);
    return true;
}

static void fill_times(const struct rules *r, const struct copy *copy, struct rules_holding *holding)
{
    if (copy->state == RULES_OFFERED || copy->state == RULES_STALE)
        holding->until = unix_of(r, copy->until);
    if (!copy_is_held(copy) && !(copy->state == RULES_RELEASED && copy->once_held))
        return;
    holding->since = copy->hold.held_at;
    holding->seen_at = unix_of(r, copy->hold.seen);
    holding->passed_at = unix_of(r, copy->hold.passed);
    if (copy_is_proven(r, copy))
        holding->proven_until = unix_of(r, copy->hold.passed + r->ms.proof_ttl);
}

static void add(const struct rules *r, const struct copy *copy, struct rules_holdings *into)
{
    const struct version *version = version_at(r, copy->version);
    if (into->count == into->room) {
        into->room = into->room == 0 ? 16 : into->room * 2;
        into->at = mem_grow(into->at, into->room * sizeof *into->at);
    }
    struct rules_holding *holding = &into->at[into->count++];
    *holding = (struct rules_holding){
        .user = member_at(r, copy->member)->id,
        .version = version->id,
        .backup = backup_at(r, version->backup)->id,
        .owner = member_at(r, version->owner)->id,
        .size = version->size,
        .state = copy->state,
        .counted = copy->counted,
        .spare = copy->counting && !copy->counted,
        .probation = copy->fits,
    };
    fill_times(r, copy, holding);
}

/* FAILED ones are kept for their cooldown alone. */
static void add_chain(const struct rules *r, const struct chain *chain, enum chain_side side,
                      struct rules_holdings *into)
{
    const struct copy *copy;
    for (uint32_t at = chain->first; at != 0;
         at = side == CHAIN_MEMBER ? copy->by_member.next : copy->by_version.next) {
        copy = copy_at(r, at);
        if (copy->state == RULES_FAILED)
            continue;
        add(r, copy, into);
        if (side == CHAIN_VERSION && (copy_is_in_flight(copy) || copy_is_held(copy)))
            into->at[into->count - 1].colocated = is_colocated(r, copy->member, copy->version);
    }
}

static int by_version(const void *left, const void *right)
{
    const struct rules_holding *a = left, *b = right;
    return (a->version > b->version) - (a->version < b->version);
}

static int by_user(const void *left, const void *right)
{
    const struct rules_holding *a = left, *b = right;
    return (a->user > b->user) - (a->user < b->user);
}

bool rules_member_copies(const struct rules *r, int64_t user, struct rules_holdings *into, struct fault *why)
{
    uint32_t handle = member_find(r, user);
    if (handle == 0)
        return fault_set(why, STATUS_not_found, "user", "There is no member %lld.", (long long)user);
    const struct member *member = member_at(r, handle);
    const struct chain *chains[] = {&member->in_flight, &member->trial, &member->kept};
    into->count = 0;
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++)
        add_chain(r, chains[i], CHAIN_MEMBER, into);
    if (into->count > 1)
        qsort(into->at, into->count, sizeof *into->at, by_version);
    return true;
}

bool rules_version_copies(const struct rules *r, int64_t id, struct rules_holdings *into, struct fault *why)
{
    uint32_t handle = version_find(r, id);
    if (handle == 0)
        return fault_set(why, STATUS_not_found, "version", "There is no version %lld.", (long long)id);
    into->count = 0;
    add_chain(r, &version_at(r, handle)->counting, CHAIN_VERSION, into);
    size_t counting = into->count;
    add_chain(r, &version_at(r, handle)->others, CHAIN_VERSION, into);
    if (into->count - counting > 1)
        qsort(into->at + counting, into->count - counting, sizeof *into->at, by_user);
    return true;
}

void rules_holdings_clear(struct rules_holdings *holdings)
{
    free(holdings->at);
    *holdings = (struct rules_holdings){0};
}

bool rules_placing(const struct rules *r, int64_t id, struct rules_placing *placing)
{
    uint32_t handle = version_find(r, id);
    if (handle == 0)
        return false;
    const struct version *version = version_at(r, handle);
    *placing = (struct rules_placing){
        .backup = backup_at(r, version->backup)->id,
        .owner = member_at(r, version->owner)->id,
        .size = version->size,
        .counted = version->n,
        .redundancy = version->redundancy,
        .in_flight = version->in_flight,
        .queued = version->queued != 0,
        .deleted = !version_is_active(version),
        .superseded = version->superseded || version->retired,
        .needed = version->dependents > 0,
        .depends_on = version->depends_on != 0 ? version_at(r, version->depends_on)->id : 0,
    };
    return true;
}

bool rules_could_hold(const struct rules *r, int64_t user, int64_t version)
{
    uint32_t member = member_find(r, user), of = version_find(r, version);
    return member != 0 && of != 0 && could_hold(r, member, of);
}

bool rules_colocated(const struct rules *r, int64_t user, int64_t version)
{
    uint32_t member = member_find(r, user), of = version_find(r, version);
    return member != 0 && of != 0 && is_colocated(r, member, of);
}

/* Each record begins with its id, and one that was given back is zero. */
static int64_t next_of(const struct slab *slab, uint32_t *place)
{
    while (*place + 1 < slab->top) {
        int64_t id = *(const int64_t *)slab_at(slab, ++*place);
        if (id != 0)
            return id;
    }
    return 0;
}

bool rules_in_household(const struct rules *r, int64_t user, int64_t household)
{
    uint32_t member = member_find(r, user);
    return member != 0 && r->now - household_seen(r, member, household) < DAY_MS;
}

int64_t rules_next_member(const struct rules *r, uint32_t *place)
{
    return next_of(&r->members, place);
}

int64_t rules_next_backup(const struct rules *r, uint32_t *place)
{
    return next_of(&r->backups, place);
}

int64_t rules_next_version(const struct rules *r, uint32_t *place)
{
    return next_of(&r->versions, place);
}

void rules_tally(const struct rules *r, int64_t *held, int64_t *stale)
{
    *held = *stale = 0;
    for (uint32_t at = 1; at < r->copies.top; at++) {
        *held += copy_at(r, at)->state == RULES_HELD;
        *stale += copy_at(r, at)->state == RULES_STALE;
    }
}
