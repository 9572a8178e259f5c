/* 2.6, "same household": who is where with whom. A household is a number that stands for one IPv4 address or one IPv6
 * /64; which, nobody here knows. A member is in the few in which it was seen last, each for as long as a copy can count
 * of which nothing was seen any more. Nothing follows from that but what is offered to whom, so nobody else is touched
 * when members come and go. Most are alone where they are, and that is found without looking at anybody else.
 *
 * Where more members are than live together there is a carrier's NAT, a VPN's exit or a proxy that the tracker does not
 * know, and what is true of a household is not true of those; else a tick might look at all versions for each of them.
 */
#include "services/ratio/rules/state.h"

#define LIVE_TOGETHER 16 /* members, at most */

static bool is_shared(const struct rules *r, uint32_t household)
{
    uint32_t members = household_at(r, household)->members;
    return members > 1 && members <= LIVE_TOGETHER;
}

static bool share(const struct rules *r, uint32_t one, uint32_t other)
{
    const struct home *a = member_at(r, one)->homes, *b = member_at(r, other)->homes;
    for (int i = 0; i < HOMES; i++)
        for (int j = 0; j < HOMES; j++)
            if (a[i].household != 0 && a[i].household == b[j].household && is_shared(r, a[i].household))
                return true;
    return false;
}

bool has_company(const struct rules *r, const struct member *member)
{
    for (int i = 0; i < HOMES; i++)
        if (member->homes[i].household != 0 && is_shared(r, member->homes[i].household))
            return true;
    return false;
}

/* Whoever was offered it or fetches it will hold it. */
static bool has_neighbour(const struct rules *r, uint32_t member, const struct chain *chain)
{
    for (uint32_t at = chain->first; at != 0; at = copy_at(r, at)->by_version.next) {
        const struct copy *copy = copy_at(r, at);
        if (copy->member != member && (copy_is_in_flight(copy) || copy_is_held(copy)) && share(r, member, copy->member))
            return true;
    }
    return false;
}

bool is_colocated(const struct rules *r, uint32_t member, uint32_t handle)
{
    const struct version *version = version_at(r, handle);
    return has_company(r, member_at(r, member)) &&
           (share(r, member, version->owner) || has_neighbour(r, member, &version->counting) ||
            has_neighbour(r, member, &version->others));
}

static struct home *home_find(const struct rules *r, uint32_t member, int64_t id)
{
    struct home *homes = member_at(r, member)->homes;
    uint32_t household = household_find(r, id);
    for (int i = 0; i < HOMES && household != 0; i++)
        if (homes[i].household == household)
            return &homes[i];
    return NULL;
}

static bool goes_before(const struct rules *r, const struct home *a, const struct home *b)
{
    if (a->household == 0 || b->household == 0)
        return a->household == 0 && b->household != 0;
    if (a->seen != b->seen)
        return a->seen < b->seen;
    return household_at(r, a->household)->id < household_at(r, b->household)->id;
}

static void home_leave(struct rules *r, struct home *home)
{
    if (home->household != 0 && --household_at(r, home->household)->members == 0)
        household_unmake(r, home->household);
    home->household = 0;
}

/* Takes the place of the one where it was not seen for the longest time, the lowest if several. */
static struct home *home_make(struct rules *r, uint32_t member, int64_t id)
{
    struct home *homes = member_at(r, member)->homes, *into = &homes[0];
    for (int i = 1; i < HOMES; i++)
        if (goes_before(r, &homes[i], into))
            into = &homes[i];
    home_leave(r, into);
    uint32_t found = household_find(r, id);
    into->household = found != 0 ? found : household_make(r, id);
    household_at(r, into->household)->members++;
    mark_member(r, member);
    return into;
}

bool apply_household(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t member = member_find(r, event->user);
    if (member == 0)
        return fault_set(why, STATUS_not_found, "user", "There is no member %lld.", (long long)event->user);
    if (event->household < 1)
        return fault_set(why, STATUS_invalid, "household", "A household is a number of at least 1.");
    struct home *home = home_find(r, member, event->household);
    if (home == NULL)
        home = home_make(r, member, event->household);
    home->seen = r->now;
    return true;
}

int64_t homes_review(struct rules *r, struct member *member)
{
    int64_t first = FOREVER;
    for (int i = 0; i < HOMES; i++) {
        struct home *home = &member->homes[i];
        if (home->household == 0)
            continue;
        int64_t ends = home->seen + r->ms.household;
        if (ends <= r->now)
            home_leave(r, home);
        else if (ends < first)
            first = ends;
    }
    return first;
}

int64_t household_seen(const struct rules *r, uint32_t member, int64_t id)
{
    const struct home *home = home_find(r, member, id);
    return home != NULL ? home->seen : RULES_NEVER;
}
