/* 2.5, Q22: at 44 days the copies of a debtor's content are released until it receives no more than it gives. */
#include "services/ratio/rules/state.h"

/* The later of two copies of versions with equally many: by held_since, then user. */
static bool is_later(const struct rules *r, const struct copy *a, const struct copy *b)
{
    if (a->hold.held_at != b->hold.held_at)
        return a->hold.held_at > b->hold.held_at;
    int64_t user_a = member_at(r, a->member)->id, user_b = member_at(r, b->member)->id;
    if (user_a != user_b)
        return user_a > user_b;
    return version_at(r, a->version)->id > version_at(r, b->version)->id;
}

/* Its counting copies are in the order of (held_since, user): of one version the last goes first. */
static uint32_t next_to_go(const struct rules *r, uint32_t owner)
{
    uint32_t found = 0;
    for (uint32_t at = member_at(r, owner)->versions; at != 0; at = version_at(r, at)->owner_next) {
        const struct version *version = version_at(r, at);
        if (version->n == 0)
            continue;
        uint32_t last = version->counting.last;
        uint32_t most = found == 0 ? 0 : version_at(r, copy_at(r, found)->version)->counting_count;
        if (found == 0 || version->counting_count > most ||
            (version->counting_count == most && is_later(r, copy_at(r, last), copy_at(r, found))))
            found = last;
    }
    return found;
}

/* All that it loses in one instant is one release (Q22). */
static void note_release(const struct rules *r, struct member *member)
{
    if (member->released == r->now)
        return;
    member->released_before = member->released;
    member->released = r->now;
}

static void release(struct rules *r, uint32_t handle)
{
    struct member *member = member_at(r, handle);
    while (member->lent > member->contribution) {
        note_release(r, member);
        copy_end(r, next_to_go(r, handle), RULES_RELEASED);
    }
    mark_member(r, handle);
    touch_member(r, handle);
}

static bool is_due(const struct rules *r, uint32_t handle)
{
    const struct member *member = member_at(r, handle);
    return member->lent > member->contribution && debt_clock(r, member) >= debt_limit(r, member, r->ms.clock_release);
}

/* The place in the list of the lowest id above `after`; the list's length when there is none. */
static uint32_t lowest_above(const struct rules *r, int64_t after)
{
    uint32_t found = r->release_due.count;
    for (uint32_t i = 0; i < r->release_due.count; i++) {
        int64_t id = member_at(r, r->release_due.at[i])->id;
        if (id > after && (found == r->release_due.count || id < member_at(r, r->release_due.at[found])->id))
            found = i;
    }
    return found;
}

/* Members by ascending id, repeated until nothing changes; not in safe mode, which freezes release (2.12). */
void release_all_due(struct rules *r)
{
    int64_t after = 0;
    while (!r->down && r->release_due.count > 0) {
        uint32_t place = lowest_above(r, after);
        if (place == r->release_due.count) {
            after = 0;
            continue;
        }
        uint32_t handle = r->release_due.at[place];
        r->release_due.at[place] = r->release_due.at[--r->release_due.count];
        member_at(r, handle)->release_due = false;
        after = member_at(r, handle)->id;
        if (is_due(r, handle)) {
            release(r, handle);
            settle(r);
        }
    }
}
