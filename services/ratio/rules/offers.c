/* Q24: at a tick the free slots of the queue are offered, version by version in order, each to the member with the
 * largest debt who can use it.
 *
 * Within a tick slots are only taken: a version may leave the queue or fall from tier 1 to tier 2, and never comes
 * back; and what falls to tier 2 was work of tier 1 before, so it is new to nobody. Hence a taker's smallest item stays
 * its smallest until that very item is gone for it. That may be for an offer to somebody of its household (2.6). */
#include "services/ratio/rules/browse.h"
#include "services/ratio/rules/state.h"

#include "services/common/arena.h"

#include <stdlib.h>
#include <string.h>

#define POLL_WINDOW DAY_MS

struct taker {
    uint32_t member;
    uint32_t item; /* the smallest that it is eligible for, 0: none */
    int tier;      /* of its items (Q17) */
    uint32_t turn; /* of the queue when the item was looked at; 0: look again */
    int64_t id, debt, offered_at;
};

struct takers {
    struct taker *at;
    size_t count;
};

int64_t member_debt(const struct member *member)
{
    int64_t debt = member->obligation - member->contribution;
    return debt > 0 ? debt : 0;
}

int64_t member_room(const struct member *member)
{
    return member_debt(member) - member->fetching;
}

static bool polls(const struct rules *r, const struct member *member)
{
    return r->now - member->polled < POLL_WINDOW;
}

static bool may_be_offered(const struct rules *r, const struct member *member)
{
    return polls(r, member) && !is_suspended(member) && r->now >= member->idle_until;
}

struct rules_places rules_places(const struct rules *r, int64_t owner, int64_t version)
{
    struct rules_places places = {0};
    uint32_t of = member_find(r, owner), wanted = version_find(r, version);
    for (uint32_t at = 1; at < r->members.top; at++) {
        const struct member *member = member_at(r, at);
        uint32_t copy = wanted != 0 ? copy_find(r, at, wanted) : 0;
        if (at == of || !may_be_offered(r, member) || (copy != 0 && copy_blocks(copy_at(r, copy))))
            continue;
        int64_t room = member->free_space - member->fetching; /* who reads its feed has declared, or has no limit */
        places.members++;
        if (room > places.largest)
            places.largest = room;
        if (room > 0)
            places.together = room > INT64_MAX - places.together ? INT64_MAX : places.together + room;
    }
    return places;
}

/* The list of those who may be offered something; who has not polled for a day is left out when a tick meets it. */
void hungry_review(struct rules *r, uint32_t handle)
{
    struct member *member = member_at(r, handle);
    bool hungry = member_room(member) > 0 && polls(r, member);
    if (hungry && member->hungry == 0) {
        handles_add(&r->hungry, handle);
        member->hungry = r->hungry.count;
    } else if (!hungry && member->hungry != 0) {
        uint32_t last = r->hungry.at[--r->hungry.count];
        r->hungry.at[member->hungry - 1] = last;
        member_at(r, last)->hungry = member->hungry;
        member->hungry = 0;
    }
}

/* The smallest eligible item of that tier, 0: none. */
static uint32_t smallest_item(const struct rules *r, uint32_t handle, int tier)
{
    const struct member *member = member_at(r, handle);
    int64_t limit = member->free_space < 0 ? INT64_MAX : member->free_space - member->fetching, size = -1;
    for (uint32_t at = 0; (at = sizes_after(r, tier, size, at)) != 0;) {
        size = version_at(r, at)->size;
        if (size > limit)
            return 0;
        if (is_eligible(r, handle, at))
            return at;
    }
    return 0;
}

/* Q17: tier 2 only when there is nothing of tier 1. */
static void look_up(const struct rules *r, struct taker *taker)
{
    taker->item = taker->tier == 2 ? 0 : smallest_item(r, taker->member, 1);
    taker->tier = taker->item != 0 ? 1 : 2;
    if (taker->item == 0)
        taker->item = smallest_item(r, taker->member, 2);
}

static void keep_up(const struct rules *r, struct taker *taker)
{
    if (taker->turn == r->queue_turn)
        return;
    taker->turn = r->queue_turn;
    if (taker->item == 0)
        return;
    if (version_at(r, taker->item)->queued != taker->tier || !is_eligible(r, taker->member, taker->item))
        look_up(r, taker);
}

static bool takes(const struct rules *r, struct taker *taker, uint32_t handle)
{
    const struct version *version = version_at(r, handle);
    keep_up(r, taker);
    if (taker->item == 0 || taker->tier != version->queued)
        return false;
    int64_t room = member_room(member_at(r, taker->member)), smallest = version_at(r, taker->item)->size;
    bool fits = version->size <= room || (smallest > room && version->size == smallest);
    return fits && is_eligible(r, taker->member, handle);
}

static int by_claim(const void *left, const void *right)
{
    const struct taker *a = left, *b = right;
    if (a->debt != b->debt)
        return a->debt > b->debt ? -1 : 1;
    if (a->offered_at != b->offered_at)
        return a->offered_at < b->offered_at ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static void takers_find(struct rules *r, struct takers *takers)
{
    takers->at = mem_take((r->hungry.count + 1) * sizeof *takers->at);
    for (uint32_t i = r->hungry.count; i-- > 0;) {
        uint32_t handle = r->hungry.at[i];
        const struct member *member = member_at(r, handle);
        struct taker taker = {
            .member = handle, .id = member->id, .debt = member_debt(member), .offered_at = member->offered_at};
        if (!polls(r, member))
            hungry_review(r, handle);
        else if (may_be_offered(r, member))
            look_up(r, &taker);
        if (taker.item != 0)
            takers->at[takers->count++] = taker;
    }
    qsort(takers->at, takers->count, sizeof *takers->at, by_claim);
}

/* The taker has been offered something: behind those of the same debt, or out when it has no room left. */
static void takers_move(const struct rules *r, struct takers *takers, size_t place)
{
    struct taker taker = takers->at[place];
    const struct member *member = member_at(r, taker.member);
    taker.offered_at = member->offered_at;
    taker.turn = 0;
    memmove(&takers->at[place], &takers->at[place + 1], (takers->count - place - 1) * sizeof taker);
    takers->count--;
    if (member_room(member) <= 0)
        return;
    while (place < takers->count && by_claim(&takers->at[place], &taker) < 0)
        place++;
    memmove(&takers->at[place + 1], &takers->at[place], (takers->count - place) * sizeof taker);
    takers->at[place] = taker;
    takers->count++;
}

static void offer(struct rules *r, uint32_t member, uint32_t version)
{
    uint32_t copy = copy_find(r, member, version);
    copy_grant(r, copy != 0 ? copy : copy_make(r, member, version), RULES_OFFERED);
    member_at(r, member)->offered_at = r->at;
    touch_member(r, member);
    r->queue_turn += has_company(r, member_at(r, member));
    settle(r);
}

/* 2.6: of a holder of what the version supersedes no debt is asked, for it will give the other up. */
static bool succeeds(const struct rules *r, uint32_t handle, uint32_t version)
{
    const struct member *member = member_at(r, handle);
    int tier = version_at(r, version)->queued;
    return tier != 0 && may_be_offered(r, member) && is_eligible(r, handle, version) &&
           (tier == 1 || !has_tier_one_work(r, handle));
}

static void offer_holder(struct rules *r, struct takers *takers, uint32_t member, uint32_t version)
{
    offer(r, member, version);
    for (size_t place = 0; place < takers->count; place++)
        if (takers->at[place].member == member) {
            takers_move(r, takers, place);
            return;
        }
}

/* The first offers of a backup's newest version are for the holders of superseded ones, the newest of those first. */
static void offer_holders(struct rules *r, struct takers *takers, uint32_t version)
{
    const struct backup *backup = backup_at(r, version_at(r, version)->backup);
    if (r->superseded == 0 || backup->versions != version)
        return;
    for (uint32_t of = version_at(r, version)->backup_next; of != 0; of = version_at(r, of)->backup_next)
        for (uint32_t at = version_at(r, of)->superseded ? version_at(r, of)->counting.first : 0; at != 0;
             at = copy_at(r, at)->by_version.next)
            if (succeeds(r, copy_at(r, at)->member, version))
                offer_holder(r, takers, copy_at(r, at)->member, version);
}

/* Offers the slots of one version while somebody takes one. */
static void offer_version(struct rules *r, struct takers *takers, uint32_t version)
{
    size_t place = 0;
    offer_holders(r, takers, version);
    while (version_at(r, version)->queued != 0 && place < takers->count) {
        if (!takes(r, &takers->at[place], version)) {
            place++;
            continue;
        }
        offer(r, takers->at[place].member, version);
        takers_move(r, takers, place);
        place = 0;
    }
}

void offers_make(struct rules *r)
{
    struct takers takers = {0};
    if (r->hungry.count + r->superseded == 0 || r->queue.count == 0)
        return;
    takers_find(r, &takers);
    size_t count = 0;
    const struct rules_queued *queue = takers.count + r->superseded == 0 ? NULL : rules_queue(r, &count);
    for (size_t i = 0; takers.count + r->superseded > 0 && i < count; i++)
        offer_version(r, &takers, queue[i].handle);
    free(takers.at);
}
