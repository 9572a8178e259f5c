/* The invariants of RULES 3.1 by their numbers. 24 (kill -9, doubled batches) is the service's; 1, 2, 5, 6, 16, 22 and
 * 23 are in rules_check too, which recomputes from the copies. */
#include "tests/unit/ratio/model.h"

#include <stdlib.h>
#include <string.h>

#define MEMBERS_MAX 16

struct before { /* what an event must not change */
    int64_t contribution[MEMBERS_MAX], lent[MEMBERS_MAX], obligation[MEMBERS_MAX], clock[MEMBERS_MAX];
    uint32_t in_flight;
    uint64_t bytes;
};

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t slab_mix(uint64_t hash, const struct slab *slab)
{
    for (uint32_t at = 1; at < slab->top; at++)
        hash = mix(hash, slab_at(slab, at), slab->record);
    return hash;
}

static uint64_t records(const struct rules *r)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const struct slab *slabs[] = {&r->members, &r->backups, &r->versions, &r->copies, &r->notes, &r->households};
    for (size_t i = 0; i < sizeof slabs / sizeof *slabs; i++)
        hash = slab_mix(hash, slabs[i]);
    return hash;
}

static struct before look_before(const struct rules *r)
{
    struct before before = {.bytes = records(r)};
    for (uint32_t at = 1; at < r->members.top; at++) {
        const struct member *member = member_at(r, at);
        before.contribution[at] = member->contribution;
        before.lent[at] = member->lent;
        before.obligation[at] = member->obligation;
        before.clock[at] = debt_clock(r, member);
    }
    for (uint32_t at = 1; at < r->versions.top; at++)
        before.in_flight += version_at(r, at)->in_flight;
    return before;
}

static bool has_work(const struct rules *r, uint32_t member, int tier)
{
    for (uint32_t at = 1; at < r->versions.top; at++) {
        const struct version *version = version_at(r, at);
        uint32_t copy = copy_find(r, member, at);
        if (version->queued == 0 || (tier != 0 && version->queued != tier) || version->owner == member)
            continue;
        if (copy == 0 || !copy_blocks(copy_at(r, copy)))
            return true;
    }
    return false;
}

static const char *check_member(struct rules *r, uint32_t at)
{
    const struct member *member = member_at(r, at);
    struct rules_profile profile;
    rules_profile(r, member->id, &profile, NULL);
    if ((profile.debt == 0) != (profile.contribution >= profile.obligation))
        return "9: D = 0 exactly when C >= O";
    if (profile.clock_ms < 0)
        return "14: no clock is negative";
    bool runs = profile.lent > profile.contribution && has_work(r, at, 0) && !profile.qualifying && !profile.restoring;
    if ((profile.clock_direction > 0) != (runs && !r->down))
        return "14: a clock runs while overdrawn, with work, without a qualifying fetch, not restoring";
    if (profile.clock_direction < 0 && (profile.debt > 0 || profile.contribution == 0))
        return "14: a clock returns only while nothing is owed";
    if (!r->down && profile.clock_ms >= profile.release_ms && profile.lent > profile.contribution)
        return "15: at the limit of release nobody receives more than they give";
    if (profile.points_assigned < 0 || profile.points_free < 0)
        return "21: 0 <= A <= T";
    return NULL;
}

/* 6, and what D5 relies on: the copies that count are listed by (held_since, user). */
static bool in_order(const struct rules *r, const struct version *version)
{
    int64_t held_at = INT64_MIN, user = 0;
    for (uint32_t at = version->counting.first; at != 0; at = copy_at(r, at)->by_version.next) {
        const struct copy *copy = copy_at(r, at);
        int64_t id = member_at(r, copy->member)->id;
        if (copy->hold.held_at < held_at || (copy->hold.held_at == held_at && id <= user))
            return false;
        held_at = copy->hold.held_at;
        user = id;
    }
    return true;
}

static const char *check_version(struct rules *r, uint32_t at)
{
    const struct version *version = version_at(r, at);
    struct rules_verdict verdict;
    if (version->n > version->redundancy)
        return "3: n <= R*";
    if (!in_order(r, version))
        return "6: counted copies are the first by (held_since, user)";
    rules_verdict(r, member_at(r, version->owner)->id, version->id, 1, &verdict, NULL);
    const struct member *owner = member_at(r, version->owner);
    bool late = is_suspended(owner) && r->now - owner->suspended >= 30 * DAY_MS;
    if (version_is_active(version) && !late && verdict.allow != RULES_ALLOW_OWNER)
        return "13: an owner may always restore";
    if (copy_find(r, version->owner, at) != 0)
        return "4: an owner has no copy";
    return NULL;
}

static const char *check_order(struct rules *r)
{
    size_t count;
    struct rules_queued list[64], other[64];
    const struct rules_queued *queue = rules_queue(r, &count);
    if (count == 0)
        return NULL;
    memcpy(list, queue, count * sizeof *list);
    struct handles turned = {0};
    for (uint32_t i = r->queue.count; i-- > 0;)
        handles_add(&turned, r->queue.at[i]);
    order_of(r, &turned, other);
    free(turned.at);
    for (size_t i = 0; i < count; i++) {
        if (list[i].version != other[i].version)
            return "17: the order does not depend on that of its input";
        for (size_t j = i + 1; j < count; j++) {
            if (list[i].tier > list[j].tier)
                return "17: tier 1 comes first";
            if (list[i].tier == list[j].tier && list[j].standing.rank == 0 && list[j].created_at < list[i].created_at &&
                list[j].standing.wait_hours >= list[i].standing.wait_hours + r->set.p_max + 240)
                return "18: who has waited long enough is not overtaken";
        }
        const struct version *version = version_at(r, list[i].handle);
        int64_t stake = member_at(r, version->owner)->overdue ? 0 : backup_at(r, version->backup)->points;
        if (list[i].standing.points != stake)
            return "20: all versions of a backup have its points";
    }
    return NULL;
}

static const char *check_all(struct rules *r)
{
    struct rules_check check;
    const char *wrong = NULL;
    rules_check(r, &check);
    if (!check.recomputed)
        return "23: the state follows from the copies";
    if (check.contribution != check.lent)
        return "1: the sums of C and L are the same";
    if (check.missing_bytes != check.debt_minus_surplus)
        return "2: the debt that remains is the work that remains";
    if (check.points_minted - check.points_burned != check.points_assigned + check.points_free)
        return "22: points are minted, burned, assigned or free";
    for (uint32_t at = 1; at < r->members.top && wrong == NULL; at++)
        wrong = check_member(r, at);
    for (uint32_t at = 1; at < r->versions.top && wrong == NULL; at++)
        wrong = check_version(r, at);
    return wrong != NULL ? wrong : check_order(r);
}

static bool same_sums(const struct before *a, const struct before *b)
{
    return memcmp(a->contribution, b->contribution, sizeof a->contribution) == 0 &&
           memcmp(a->lent, b->lent, sizeof a->lent) == 0 &&
           memcmp(a->obligation, b->obligation, sizeof a->obligation) == 0;
}

static bool is_about_points(enum rules_event_kind kind)
{
    return kind == RULES_assign || kind == RULES_move || kind == RULES_burn || kind == RULES_grant;
}

/* 10-12, for a slot that an announce took: against the state before it. */
struct slot {
    int64_t room; /* C + K - L - IF - S */
    bool tier_one_waits;
};

static struct slot slot_before(const struct rules *r, const struct rules_event *event)
{
    struct slot slot = {0};
    uint32_t member = member_find(r, event->user), at = version_find(r, event->version);
    if (event->kind != RULES_announce || member == 0 || at == 0)
        return slot;
    const struct version *version = version_at(r, at);
    const struct member *owner = member_at(r, version->owner);
    bool young = r->now - owner->joined < r->set.loan_age * 1000;
    bool loan = version->n + version->in_flight < r->set.loan_copies && !owner->overdue && !young;
    slot.room = owner->contribution + (loan ? r->set.loan : 0) - owner->lent - owner->incoming - version->size;
    for (uint32_t i = 1; i < r->versions.top; i++)
        slot.tier_one_waits = slot.tier_one_waits || (version_at(r, i)->queued == 1 && is_eligible(r, member, i));
    return slot;
}

/* 2.6: in one household at this moment. */
static bool are_neighbours(const struct rules *r, uint32_t one, uint32_t other)
{
    const struct member *a = member_at(r, one), *b = member_at(r, other);
    int64_t oldest = r->now - r->ms.window - r->ms.grace_max - DAY_MS;
    for (uint32_t at = 1; at < r->households.top; at++) {
        bool a_is_there = false, b_is_there = false;
        for (int i = 0; i < HOMES; i++) {
            a_is_there = a_is_there || (a->homes[i].household == at && a->homes[i].seen > oldest);
            b_is_there = b_is_there || (b->homes[i].household == at && b->homes[i].seen > oldest);
        }
        if (a_is_there && b_is_there)
            return true;
    }
    return false;
}

/* Of an offer just made: is its owner, or another who has a copy, in the taker's household? */
static bool is_next_door(const struct rules *r, uint32_t taker, uint32_t version)
{
    bool found = are_neighbours(r, taker, version_at(r, version)->owner);
    for (uint32_t at = 1; at < r->copies.top; at++) {
        const struct copy *copy = copy_at(r, at);
        bool has_it = copy->member != 0 && copy->version == version && copy->member != taker &&
                      (copy_is_in_flight(copy) || copy_is_held(copy));
        found = found || (has_it && are_neighbours(r, taker, copy->member));
    }
    return found;
}

static const char *check_grants(const struct rules *r, const struct rules_event *event, const struct slot *slot)
{
    for (size_t i = 0; i < r->changes_count; i++) {
        const struct rules_change *change = &r->changes[i];
        bool granted = change->what == RULES_CHANGED_COPY && change->from != change->to &&
                       (change->to == RULES_OFFERED || (change->to == RULES_FETCHING && change->from != RULES_OFFERED));
        if (!granted)
            continue;
        uint32_t at = version_find(r, change->version), copy = copy_find(r, member_find(r, change->user), at);
        const struct version *version = version_at(r, at);
        if (version->n + version->in_flight > version->redundancy)
            return "10: n + offers + fetches <= R* when a slot is given";
        if (change->to == RULES_OFFERED && copy != 0 && is_next_door(r, member_find(r, change->user), at))
            return "2.6: nobody is offered what lies in its household";
        if (event->kind != RULES_announce || copy == 0)
            continue;
        if (copy_at(r, copy)->tier == 1 && slot->room < 0)
            return "11: tier 1 is within C + K";
        if (copy_at(r, copy)->tier == 2 && slot->tier_one_waits)
            return "12: no tier 2 while tier 1 waits";
    }
    return NULL;
}

/* 3.1, the last line: what retention takes away leaves a newer version with as many copies as make it safe, or it has
 * none itself, which the event may have brought about. `held`: of which versions somebody holds a copy, before and
 * after. */
static const char *check_retired(const struct rules *r, uint64_t held, uint64_t retired_before)
{
    for (uint32_t at = 1; at < r->versions.top; at++) {
        const struct version *version = version_at(r, at);
        const struct backup *backup = backup_at(r, version->backup);
        bool restorable = (held >> at & 1) == 0 || backup->deleted || (retired_before >> at & 1) != 0;
        if (!version->retired)
            continue;
        for (uint32_t next = backup->versions; next != 0; next = version_at(r, next)->backup_next) {
            const struct version *newer = version_at(r, next);
            restorable = restorable || (next > at && newer->n >= (backup->redundancy < 2 ? 1 : 2));
        }
        if (!restorable)
            return "retention never removes the last restorable version";
    }
    return NULL;
}

/* Of each version, a bit: somebody holds a copy; retention has taken it away. */
static uint64_t versions_held(const struct rules *r)
{
    uint64_t held = 0;
    for (uint32_t at = 1; at < r->copies.top; at++)
        if (copy_at(r, at)->member != 0 && copy_is_held(copy_at(r, at)))
            held |= UINT64_C(1) << copy_at(r, at)->version;
    return held;
}

static uint64_t versions_retired(const struct rules *r)
{
    uint64_t retired = 0;
    for (uint32_t at = 1; at < r->versions.top; at++)
        retired |= (uint64_t)version_at(r, at)->retired << at;
    return retired;
}

/* Under SUSPECT an announce with something missing ends a copy (Q8). */
static bool is_dropped(const struct rules *r)
{
    for (size_t i = 0; i < r->changes_count; i++)
        if (r->changes[i].what == RULES_CHANGED_COPY && r->changes[i].to == RULES_DROPPED)
            return true;
    return false;
}

static const char *check_change(const struct rules *r, const struct rules_event *event, bool accepted,
                                const struct before *before)
{
    struct before after = look_before(r);
    if (!accepted)
        return before->bytes == after.bytes ? NULL : "21: what is refused changes nothing";
    bool fetches = event->kind == RULES_announce && event->left > 0 && !is_dropped(r);
    if (fetches && !same_sums(before, &after))
        return "7: a copy on its way changes no C, L, O";
    if (is_about_points(event->kind) &&
        (!same_sums(before, &after) || memcmp(before->clock, after.clock, sizeof after.clock) != 0 ||
         before->in_flight != after.in_flight))
        return "8: points change no C, L, O, no clock and no slot";
    return NULL;
}

/* 25: while the tracker is down, time passes for nobody. */
static const char *check_down(struct rules *r)
{
    uint64_t before = model_answers(r);
    int64_t later = r->at + 40 * DAY_MS;
    if (!r->down || later > RULES_AT_LAST)
        return NULL;
    int64_t at = r->at;
    rules_advance(r, later);
    r->at = at;
    return model_answers(r) == before ? NULL : "25: without a tracker nothing is lost and no clock moves";
}

/* 19: raising the points of a backup lowers none of its versions, and swaps no two of other owners. */
static const char *check_raise(struct rules *r, const struct rules_event *event, const struct rules_queued *was,
                               size_t count)
{
    size_t now_count;
    const struct rules_queued *now = rules_queue(r, &now_count);
    int64_t others_was[64], others_now[64];
    size_t a = 0, b = 0;
    for (size_t i = 0; i < count && now_count == count; i++) {
        if (was[i].owner != event->user)
            others_was[a++] = was[i].version;
        if (now[i].owner != event->user)
            others_now[b++] = now[i].version;
    }
    return a == b && memcmp(others_was, others_now, a * sizeof *others_was) == 0 ? NULL
                                                                                 : "19: points swap nobody else's";
}

/* 2.6: whether a version that is new would be taken is told beforehand, and why it is not. */
struct welcome {
    bool asked, told;
    struct fault why;
};

static struct welcome welcome_before(const struct rules *r, const struct rules_event *event)
{
    struct welcome welcome = {.asked = event->kind == RULES_version && version_find(r, event->version) == 0 &&
                                       backup_find(r, event->backup) != 0};
    welcome.told = welcome.asked && rules_welcomes(r, event, &welcome.why);
    return welcome;
}

static const char *check_welcome(const struct welcome *welcome, bool accepted, const struct fault *why)
{
    if (!welcome->asked || (welcome->told == accepted && strcmp(welcome->why.text, why->text) == 0))
        return NULL;
    return "2.6: what is refused at creation is told beforehand";
}

const char *model_step(struct rules *r, const struct rules_event *event)
{
    struct fault why = {0};
    rules_advance(r, event->at);
    struct before before = look_before(r);
    struct slot slot = slot_before(r, event);
    struct rules_queued queue[64];
    size_t count;
    const struct rules_queued *list = rules_queue(r, &count);
    if (count > 0)
        memcpy(queue, list, count * sizeof *queue);
    uint64_t held = versions_held(r), retired = versions_retired(r);
    struct welcome welcome = welcome_before(r, event);
    bool accepted = rules_apply(r, event, &why);
    const char *wrong = check_change(r, event, accepted, &before);
    if (wrong == NULL)
        wrong = check_welcome(&welcome, accepted, &why);
    if (wrong == NULL)
        wrong = check_retired(r, held & versions_held(r), retired);
    if (wrong == NULL && accepted)
        wrong = check_grants(r, event, &slot);
    if (wrong == NULL && accepted && event->kind == RULES_assign)
        wrong = check_raise(r, event, queue, count);
    if (wrong == NULL)
        wrong = check_all(r);
    return wrong != NULL ? wrong : check_down(r);
}

uint64_t model_answers(struct rules *r)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int64_t user = 1; user < MEMBERS_MAX; user++) {
        struct rules_profile profile;
        struct rules_offers offers;
        memset(&profile, 0, sizeof profile);
        if (!rules_profile(r, user, &profile, NULL))
            continue;
        hash = mix(hash, &profile.contribution, 8 * 4);
        hash = mix(hash, &profile.clock_ms, 8 * 6);
        rules_offers(r, user, &offers, NULL);
        for (size_t i = 0; i < offers.offers_count; i++)
            hash = mix(hash, &offers.offers[i].version, 8);
        hash = mix(hash, offers.may_delete, offers.may_delete_count * 8);
    }
    for (int64_t id = 1; id < MEMBERS_MAX; id++) {
        struct rules_version version;
        if (!rules_version(r, id, &version, NULL))
            continue;
        hash = mix(hash, version.state, strlen(version.state));
        hash = mix(hash, version.counted, version.counted_count * 8);
        hash = mix(hash, version.spare, version.spare_count * 8);
        hash = mix(hash, version.fetching, version.fetching_count * 8);
        hash = mix(hash, &version.standing, sizeof version.standing);
    }
    return hash;
}
