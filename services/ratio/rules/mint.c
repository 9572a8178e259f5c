/* Q28: points that holding mints, and bounties. Two accumulators a member: byte-milliseconds of proven counted copies,
 * and milli-points; each full one is a point, or is forfeited when T is at its most. */
#include "services/ratio/rules/state.h"

#define POINT ((rules_wide)(10 * GIB) * (30 * DAY_MS)) /* byte-ms */
#define MILLI 1000
#define BOUNTY_WINDOW (30 * DAY_MS)
#define BOUNTY_MOST 20000 /* milli-points in the window */

static void mint(struct rules *r, uint32_t handle, int64_t points)
{
    struct member *member = member_at(r, handle);
    int64_t room = r->set.t_max - member->total;
    if (points > room)
        points = room > 0 ? room : 0;
    if (points == 0)
        return;
    member->total += (int32_t)points;
    touch_member(r, handle);
}

void mint_settle(struct rules *r, uint32_t handle)
{
    struct member *member = member_at(r, handle);
    member->earned += (rules_wide)member->earning * (r->now - member->earned_mark);
    member->earned_mark = r->now;
    if (member->earned < POINT)
        return;
    mint(r, handle, (int64_t)(member->earned / POINT));
    member->earned %= POINT;
}

void mint_rate(struct rules *r, uint32_t handle, int64_t change)
{
    mint_settle(r, handle);
    member_at(r, handle)->earning += change;
    mark_member(r, handle);
}

/* When the next point is full; who holds a few bytes waits for longer than there are times. */
int64_t mint_due(const struct member *member)
{
    if (member->earning == 0)
        return FOREVER;
    rules_wide rest = (POINT - member->earned + member->earning - 1) / member->earning;
    return rest > RULES_AT_LAST ? FOREVER : member->earned_mark + (int64_t)rest;
}

static int64_t paid_of_late(struct rules *r, struct member *member)
{
    int64_t sum = 0;
    while (member->bounties != 0 && r->now - notes_first(&r->notes, member->bounties)->at >= BOUNTY_WINDOW)
        notes_forget(&r->notes, &member->bounties);
    for (const struct note *note = notes_first(&r->notes, member->bounties); note != NULL;
         note = notes_next(&r->notes, member->bounties, note))
        sum += note->value;
    return sum;
}

static void pay(struct rules *r, struct copy *copy)
{
    struct member *holder = member_at(r, copy->member);
    rules_wide amount = (rules_wide)version_at(r, copy->version)->size * copy->points / GIB;
    int64_t rest = BOUNTY_MOST - paid_of_late(r, holder);
    copy->paid = true;
    if (amount > rest)
        amount = rest;
    if (amount == 0)
        return;
    notes_add(&r->notes, &holder->bounties, r->now, (int64_t)amount);
    holder->milli += (int32_t)amount;
    int32_t points = holder->milli / MILLI;
    holder->milli %= MILLI;
    mint_settle(r, copy->member);
    mint(r, copy->member, points);
    touch_member(r, copy->member);
}

/* Once a copy, at the first instant at which it is counted and proven. A copy listed may have ended in the same
 * instant. */
void bounties_pay(struct rules *r)
{
    for (uint32_t i = 0; i < r->bounties_due.count; i++) {
        struct copy *copy = copy_at(r, r->bounties_due.at[i]);
        if (r->set.bounty && copy->earning && !copy->paid)
            pay(r, copy);
    }
    r->bounties_due.count = 0;
}
