/* 2.7: points, risk and hours waited make the base; 25 less for each version of the same owner that comes before; then
 * a strict total order of (tier, -score, created_at, version). */
#include "services/ratio/rules/state.h"

#include <stdlib.h>

/* Q26: the stake of the parent. */
int64_t version_points(const struct rules *r, const struct version *version)
{
    return backup_at(r, version->backup)->points;
}

static int64_t risk_of(const struct version *version)
{
    if (version->n == 0)
        return 240;
    if (version->n == 1 && version->redundancy > 1)
        return 120;
    return 3 * version->n < version->redundancy ? 60 : 0;
}

static struct rules_queued entry_of(const struct rules *r, uint32_t handle)
{
    const struct version *version = version_at(r, handle);
    const struct member *owner = member_at(r, version->owner);
    struct rules_standing standing = {
        .points = owner->overdue ? 0 : version_points(r, version),
        .risk = risk_of(version),
        .wait_hours = version_wait(r, version) / HOUR_MS,
    };
    standing.base = standing.points + standing.risk + standing.wait_hours;
    return (struct rules_queued){.version = version->id,
                                 .created_at = version->created_at,
                                 .owner = owner->id,
                                 .tier = version->queued,
                                 .standing = standing,
                                 .handle = handle};
}

static int by_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_age(const struct rules_queued *a, const struct rules_queued *b)
{
    int order = by_number(a->created_at, b->created_at);
    return order != 0 ? order : by_number(a->version, b->version);
}

static int by_owner(const void *left, const void *right)
{
    const struct rules_queued *a = left, *b = right;
    int order = by_number(a->owner, b->owner);
    if (order == 0)
        order = by_number(b->standing.base, a->standing.base);
    return order != 0 ? order : by_age(a, b);
}

static int by_place(const void *left, const void *right)
{
    const struct rules_queued *a = left, *b = right;
    int order = by_number(a->tier, b->tier);
    if (order == 0)
        order = by_number(b->standing.score, a->standing.score);
    return order != 0 ? order : by_age(a, b);
}

/* i(v) counts over both tiers (Q26). */
size_t order_of(const struct rules *r, const struct handles *versions, struct rules_queued *into)
{
    size_t count = versions->count;
    for (size_t i = 0; i < count; i++)
        into[i] = entry_of(r, versions->at[i]);
    if (count == 0)
        return 0;
    qsort(into, count, sizeof *into, by_owner);
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || into[i - 1].owner != into[i].owner;
        into[i].standing.rank = first ? 0 : into[i - 1].standing.rank + 1;
        into[i].standing.score = into[i].standing.base - r->set.fair * into[i].standing.rank;
    }
    qsort(into, count, sizeof *into, by_place);
    return count;
}
