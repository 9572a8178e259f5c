/* Answers to whoever asks (6, Q30, Q31). They read; the arrays they point to are kept for the next answer. */
#include "services/ratio/rules/state.h"

#include "services/common/arena.h"

#include <stdlib.h>

struct numbers {
    int64_t *at;
    size_t count, room;
};

struct answers {
    struct numbers counted, spare, fetching, may_delete;
    struct rules_offer *offers;
    size_t offers_count, offers_room;
    struct rules_queued *queue;
    size_t queue_room;
};

static struct answers *answers_of(struct rules *r)
{
    if (r->answers == NULL)
        r->answers = mem_zero(1, sizeof *r->answers);
    return r->answers;
}

void answers_clear(struct rules *r)
{
    if (r->answers == NULL)
        return;
    struct numbers *lists[] = {&r->answers->counted, &r->answers->spare, &r->answers->fetching,
                               &r->answers->may_delete};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        free(lists[i]->at);
    free(r->answers->offers);
    free(r->answers->queue);
    free(r->answers);
    r->answers = NULL;
}

static void add(struct numbers *numbers, int64_t number)
{
    if (numbers->count == numbers->room) {
        numbers->room = numbers->room == 0 ? 32 : numbers->room * 2;
        numbers->at = mem_grow(numbers->at, numbers->room * sizeof *numbers->at);
    }
    numbers->at[numbers->count++] = number;
}

static int by_number(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void sort(struct numbers *numbers)
{
    if (numbers->count > 1)
        qsort(numbers->at, numbers->count, sizeof *numbers->at, by_number);
}

static int direction_of(const struct rules *r, const struct member *member)
{
    if (r->down)
        return 0;
    if (member->clock_mode == CLOCK_RUNS)
        return work_exists(r, member) ? 1 : 0;
    return member->clock_mode == CLOCK_RETURNS && debt_clock(r, member) > 0 ? -1 : 0;
}

bool rules_profile(struct rules *r, int64_t user, struct rules_profile *profile, struct fault *why)
{
    uint32_t handle = member_find(r, user);
    if (handle == 0)
        return fault_set(why, STATUS_not_found, "user", "There is no member %lld.", (long long)user);
    const struct member *member = member_at(r, handle);
    int64_t surplus = member->contribution - member->obligation;
    *profile = (struct rules_profile){
        .user = user,
        .contribution = member->contribution,
        .lent = member->lent,
        .obligation = member->obligation,
        .debt = member_debt(member),
        .surplus = surplus > 0 ? surplus : 0,
        .in_flight = member->incoming,
        .fetching = member->fetching,
        .clock_ms = debt_clock(r, member),
        .overdue_ms = debt_limit(r, member, r->ms.clock_overdue),
        .release_ms = debt_limit(r, member, r->ms.clock_release),
        .points_total = member->total,
        .points_assigned = member->assigned,
        .points_free = member->total - member->assigned,
        .clock_direction = direction_of(r, member),
        .loan = loan_of(r, member),
        .releases = releases_of(r, member),
        .overdue = member->overdue,
        .barred = member->is_barred,
        .suspended = is_suspended(member),
        .restoring = member->is_restoring,
        .qualifying = member->is_qualifying,
        .work = work_exists(r, member),
    };
    return true;
}

/* Q31. */
static const char *state_of(const struct version *version)
{
    if (!version_is_active(version))
        return "deleted";
    if (version->n == version->redundancy)
        return "complete";
    if (!version->deficit)
        return "in_flight";
    return version->queued != 0 ? "queued" : "waiting";
}

/* Score and rank among its owner's. */
static struct rules_standing standing_of(struct rules *r, const struct version *version)
{
    struct handles own = {0};
    for (uint32_t at = member_at(r, version->owner)->open; at != 0; at = version_at(r, at)->open_next)
        if (version_at(r, at)->queued != 0)
            handles_add(&own, at);
    struct rules_queued *list = mem_take(own.count * sizeof *list);
    struct rules_standing standing = {0};
    size_t count = order_of(r, &own, list);
    for (size_t i = 0; i < count; i++)
        if (list[i].version == version->id)
            standing = list[i].standing;
    free(list);
    free(own.at);
    return standing;
}

static void list_copies(struct rules *r, const struct version *version, struct rules_version *answer)
{
    struct answers *room = answers_of(r);
    room->counted.count = room->spare.count = room->fetching.count = 0;
    for (uint32_t at = version->counting.first; at != 0; at = copy_at(r, at)->by_version.next)
        add(copy_at(r, at)->counted ? &room->counted : &room->spare, member_at(r, copy_at(r, at)->member)->id);
    for (uint32_t at = version->others.first; at != 0; at = copy_at(r, at)->by_version.next)
        if (copy_at(r, at)->state == RULES_FETCHING)
            add(&room->fetching, member_at(r, copy_at(r, at)->member)->id);
    sort(&room->fetching);
    answer->counted = room->counted.at;
    answer->counted_count = room->counted.count;
    answer->spare = room->spare.at;
    answer->spare_count = room->spare.count;
    answer->fetching = room->fetching.at;
    answer->fetching_count = room->fetching.count;
}

bool rules_version(struct rules *r, int64_t id, struct rules_version *answer, struct fault *why)
{
    uint32_t handle = version_find(r, id);
    if (handle == 0)
        return fault_set(why, STATUS_not_found, "version", "There is no version %lld.", (long long)id);
    const struct version *version = version_at(r, handle);
    *answer = (struct rules_version){
        .version = id,
        .backup = backup_at(r, version->backup)->id,
        .owner = member_at(r, version->owner)->id,
        .size = version->size,
        .created_at = version->created_at,
        .points = version_points(r, version),
        .redundancy = version->redundancy,
        .in_flight = version->in_flight,
        .tier = version->tier,
        .queued = version->queued != 0,
        .serveable = version->serveable,
        .state = state_of(version),
    };
    if (answer->queued)
        answer->standing = standing_of(r, version);
    list_copies(r, version, answer);
    return true;
}

static void add_offer(struct rules *r, const struct copy *copy)
{
    struct answers *room = answers_of(r);
    if (room->offers_count == room->offers_room) {
        room->offers_room = room->offers_room == 0 ? 16 : room->offers_room * 2;
        room->offers = mem_grow(room->offers, room->offers_room * sizeof *room->offers);
    }
    room->offers[room->offers_count++] = (struct rules_offer){.version = version_at(r, copy->version)->id,
                                                              .expires = r->at + (copy->until - r->now),
                                                              .until = copy->until,
                                                              .tier = copy->tier};
}

static int by_version(const void *left, const void *right)
{
    const struct rules_offer *a = left, *b = right;
    return (a->version > b->version) - (a->version < b->version);
}

/* Q31: spares, what is held of a deleted version, and RELEASED copies once held. */
static bool may_delete(const struct rules *r, const struct copy *copy)
{
    if (copy->state == RULES_RELEASED)
        return copy->once_held;
    return copy_is_held(copy) &&
           ((copy->counting && !copy->counted) || !version_is_active(version_at(r, copy->version)));
}

bool rules_offers(struct rules *r, int64_t user, struct rules_offers *offers, struct fault *why)
{
    uint32_t handle = member_find(r, user);
    if (handle == 0)
        return fault_set(why, STATUS_not_found, "user", "There is no member %lld.", (long long)user);
    const struct member *member = member_at(r, handle);
    struct answers *room = answers_of(r);
    const struct chain *chains[] = {&member->in_flight, &member->trial, &member->kept};
    room->may_delete.count = room->offers_count = 0;
    for (int i = 0; i < 3; i++)
        for (uint32_t at = chains[i]->first; at != 0; at = copy_at(r, at)->by_member.next) {
            const struct copy *copy = copy_at(r, at);
            if (copy->state == RULES_OFFERED)
                add_offer(r, copy);
            else if (may_delete(r, copy))
                add(&room->may_delete, version_at(r, copy->version)->id);
        }
    sort(&room->may_delete);
    if (room->offers_count > 1)
        qsort(room->offers, room->offers_count, sizeof *room->offers, by_version);
    *offers = (struct rules_offers){.offers = room->offers,
                                    .may_delete = room->may_delete.at,
                                    .offers_count = room->offers_count,
                                    .may_delete_count = room->may_delete.count};
    return true;
}

const struct rules_queued *rules_queue(struct rules *r, size_t *count)
{
    struct answers *room = answers_of(r);
    if (r->queue.count > room->queue_room) {
        room->queue_room = r->queue.count + r->queue.count / 2;
        room->queue = mem_grow(room->queue, room->queue_room * sizeof *room->queue);
    }
    *count = order_of(r, &r->queue, room->queue);
    return room->queue;
}

bool rules_copy(struct rules *r, int64_t user, int64_t version, struct rules_copy *answer, struct fault *why)
{
    uint32_t member = member_find(r, user), of = version_find(r, version);
    if (member == 0 || of == 0)
        return fault_set(why, STATUS_not_found, NULL, "There is no such member, or no such version.");
    uint32_t handle = copy_find(r, member, of);
    *answer = (struct rules_copy){.held_since = RULES_NEVER,
                                  .last_seen = RULES_NEVER,
                                  .passed = RULES_NEVER,
                                  .gone_at = RULES_NEVER,
                                  .cooldown_until = RULES_NEVER};
    if (handle == 0)
        return true;
    const struct copy *copy = copy_at(r, handle);
    answer->state = copy->state;
    answer->counting = copy->counting;
    answer->counted = copy->counted;
    answer->proven = copy_is_proven(r, copy);
    answer->in_probation = copy->fits;
    if (copy_is_held(copy)) {
        answer->held_since_at = copy->hold.held_at;
        answer->held_since = copy->hold.held;
        answer->last_seen = copy->hold.seen;
        answer->passed = copy->hold.passed;
    }
    if (copy->state == RULES_STALE)
        answer->gone_at = copy->until;
    if (copy->state == RULES_FAILED)
        answer->cooldown_until = copy->until;
    return true;
}
