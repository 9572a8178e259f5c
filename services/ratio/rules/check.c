/* 2.12: all sums are recomputable from copies alone. This does so, by other means than the incremental way, and
 * compares every record; it knows of the chains only that they are not to be relied on. */
#include "services/ratio/rules/state.h"

#include "services/common/arena.h"

#include <stdlib.h>

struct sums { /* of one member */
    int64_t contribution, lent, obligation, incoming, fetching, earning, assigned, on_trial;
    uint32_t blocked, copies;
};

struct tally { /* of one version */
    uint32_t n, in_flight, held, counting;
};

struct row { /* a copy on its way into an order */
    int64_t group, at, id;
    uint32_t copy;
};

struct recount {
    struct rules *r;
    struct sums *members;
    struct tally *versions;
    uint32_t *households; /* how many members each has */
    struct row *rows;
    size_t rows_count;
    bool same;
};

static void expect(struct recount *count, bool same)
{
    count->same = count->same && same;
}

static int by_row(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    if (a->group != b->group)
        return (a->group > b->group) - (a->group < b->group);
    if (a->at != b->at)
        return (a->at > b->at) - (a->at < b->at);
    return (a->id > b->id) - (a->id < b->id);
}

static void sort_rows(struct recount *count)
{
    if (count->rows_count > 1)
        qsort(count->rows, count->rows_count, sizeof *count->rows, by_row);
}

static int64_t size_of(const struct recount *count, const struct copy *copy)
{
    return version_at(count->r, copy->version)->size;
}

/* Q13, Q14: who is in probation, from each copy's own times. */
static void recount_trials(struct recount *count)
{
    struct rules *r = count->r;
    count->rows_count = 0;
    for (uint32_t at = 1; at < r->copies.top; at++) {
        const struct copy *copy = copy_at(r, at);
        bool trial = r->set.auditor && copy_is_held(copy) && copy->fetched &&
                     r->now - copy->hold.passed >= r->ms.proof_ttl && r->now - copy->hold.held < r->ms.probation;
        expect(count, copy->on_trial == trial);
        expect(count, trial || !copy->fits);
        if (trial)
            count->rows[count->rows_count++] =
                (struct row){copy->member, copy->hold.held_at, version_at(r, copy->version)->id, at};
    }
    sort_rows(count);
    for (size_t i = 0; i < count->rows_count; i++) {
        const struct copy *copy = copy_at(r, count->rows[i].copy);
        struct sums *sums = &count->members[copy->member];
        bool fits = sums->on_trial + size_of(count, copy) <= r->set.loan;
        expect(count, copy->fits == fits);
        sums->on_trial += fits ? size_of(count, copy) : 0;
    }
}

/* D5, 2.6: kept by the retention, found by looking at all newer versions. */
static bool is_kept(const struct rules *r, const struct version *version)
{
    const struct backup *backup = backup_at(r, version->backup);
    const struct retention *keep = &backup->retention;
    const struct version *newest = version_at(r, backup->versions), *other;
    int32_t newer = 0, days = 0, weeks = 0, months = 0;
    int64_t day = -1, week = -1, month = -1;
    for (uint32_t at = backup->versions; (other = version_at(r, at)) != version; at = other->backup_next) {
        newer++;
        days += other->created_at / DAY_MS != day;
        weeks += (other->created_at / DAY_MS + 3) / 7 != week;
        months += month_of(other->created_at) != month;
        day = other->created_at / DAY_MS;
        week = (day + 3) / 7;
        month = month_of(other->created_at);
    }
    return keep->last + keep->daily + keep->weekly + keep->monthly + keep->within == 0 || newer < keep->last ||
           newest->created_at - version->created_at < keep->within * DAY_MS ||
           (days < keep->daily && version->created_at / DAY_MS != day) ||
           (weeks < keep->weekly && (version->created_at / DAY_MS + 3) / 7 != week) ||
           (months < keep->monthly && month_of(version->created_at) != month);
}

static bool is_superseded(const struct rules *r, uint32_t handle)
{
    const struct version *version = version_at(r, handle);
    if (!version_is_active(version) || is_kept(r, version))
        return false;
    for (uint32_t at = backup_at(r, version->backup)->versions; at != 0; at = version_at(r, at)->backup_next)
        if (version_at(r, at)->depends_on == handle)
            return false;
    return true;
}

static int wanted_of(const struct rules *r, uint32_t handle)
{
    const struct version *version = version_at(r, handle);
    const struct backup *backup = backup_at(r, version->backup);
    if (!version_is_active(version))
        return 0;
    if (!version->superseded)
        return backup->redundancy;
    uint32_t newest = version_at(r, backup->versions)->counting_count;
    return newest < (uint32_t)backup->redundancy ? backup->redundancy - (int)newest : 0;
}

/* D4, D5. */
static void recount_counted(struct recount *count)
{
    struct rules *r = count->r;
    count->rows_count = 0;
    for (uint32_t at = 1; at < r->copies.top; at++) {
        const struct copy *copy = copy_at(r, at);
        bool proven = r->now - copy->hold.passed < r->ms.proof_ttl;
        bool counting = copy_is_held(copy) && (!r->set.auditor || proven || copy->fits);
        expect(count, copy->counting == counting);
        expect(count, counting || !copy->counted);
        if (counting)
            count->rows[count->rows_count++] =
                (struct row){copy->version, copy->hold.held_at, member_at(r, copy->member)->id, at};
    }
    sort_rows(count);
    for (size_t i = 0; i < count->rows_count; i++) {
        const struct copy *copy = copy_at(r, count->rows[i].copy);
        const struct version *version = version_at(r, copy->version);
        struct tally *tally = &count->versions[copy->version];
        int wanted = wanted_of(r, copy->version);
        bool counted = tally->counting++ < (uint32_t)wanted;
        expect(count, copy->counted == counted);
        if (!counted)
            continue;
        tally->n++;
        count->members[copy->member].contribution += version->size;
        count->members[version->owner].lent += version->size;
        if (r->now - copy->hold.passed < r->ms.proof_ttl)
            count->members[copy->member].earning += version->size;
    }
}

static void recount_records(struct recount *count)
{
    struct rules *r = count->r;
    for (uint32_t at = 1; at < r->copies.top; at++) {
        const struct copy *copy = copy_at(r, at);
        if (copy->member == 0)
            continue; /* not in use */
        const struct version *version = version_at(r, copy->version);
        count->members[copy->member].copies++;
        count->members[copy->member].blocked += copy_blocks(copy) && version->queued != 0;
        count->versions[copy->version].held += copy->state == RULES_HELD;
        if (!copy_is_in_flight(copy))
            continue;
        count->versions[copy->version].in_flight++;
        count->members[copy->member].fetching += version->size;
        count->members[version->owner].incoming += version->size;
    }
    for (uint32_t at = 1; at < r->backups.top; at++)
        count->members[backup_at(r, at)->owner].assigned += backup_at(r, at)->points;
}

static void compare_versions(struct recount *count)
{
    struct rules *r = count->r;
    uint32_t queued = 0, superseded = 0;
    for (uint32_t at = 1; at < r->versions.top; at++) {
        const struct version *version = version_at(r, at);
        const struct tally *tally = &count->versions[at];
        int wanted = wanted_of(r, at);
        bool serveable = tally->held > 0 || r->now - version->owner_seen < r->ms.window;
        bool deficit = (int)(tally->n + tally->in_flight) < wanted;
        expect(count, version->redundancy == wanted && version->n == tally->n);
        expect(count, version->in_flight == tally->in_flight && version->held == tally->held);
        expect(count, version->counting_count == tally->counting);
        expect(count, version->serveable == serveable && version->deficit == deficit);
        expect(count, version->tier == version_tier(r, version));
        expect(count, version->queued == (serveable ? version->tier : 0));
        expect(count, version->superseded == is_superseded(r, at));
        superseded += version->superseded;
        queued += version->queued != 0;
        count->members[version->owner].obligation += version->size * wanted;
        count->members[version->owner].blocked += version->queued != 0;
    }
    expect(count,
           superseded == r->superseded && queued == r->queue.count && queued == r->sizes_count[1] + r->sizes_count[2]);
}

static void count_home(struct recount *count, const struct home *home)
{
    count->households[home->household]++;
    expect(count, home->household == 0 || count->r->now - home->seen < count->r->ms.household);
}

/* 2.6. */
static void recount_households(struct recount *count)
{
    const struct rules *r = count->r;
    for (uint32_t at = 1; at < r->members.top; at++)
        for (int i = 0; i < HOMES; i++)
            count_home(count, &member_at(r, at)->homes[i]);
    for (uint32_t at = 1; at < r->households.top; at++)
        expect(count, household_at(r, at)->members == count->households[at] &&
                          (household_at(r, at)->id == 0) == (count->households[at] == 0));
}

static void compare_members(struct recount *count, struct rules_check *check)
{
    struct rules *r = count->r;
    for (uint32_t at = 1; at < r->members.top; at++) {
        const struct member *member = member_at(r, at);
        const struct sums *sums = &count->members[at];
        expect(count, member->contribution == sums->contribution && member->lent == sums->lent);
        expect(count, member->obligation == sums->obligation && member->incoming == sums->incoming);
        expect(count, member->fetching == sums->fetching && member->earning == sums->earning);
        expect(count, member->assigned == sums->assigned && member->trial_bytes == sums->on_trial);
        expect(count, member->blocked == sums->blocked && member->copies_count == sums->copies);
        expect(count, member->is_young == (r->now - member->joined < r->ms.loan_age));
        expect(count, member->overdue == (debt_clock(r, member) >= debt_limit(r, member, r->ms.clock_overdue)));
        check->contribution += member->contribution;
        check->lent += member->lent;
        check->debt_minus_surplus += member->obligation - member->contribution;
        check->points_minted += member->total;
        check->points_assigned += member->assigned;
        check->points_free += member->total - member->assigned;
    }
}

void rules_check(struct rules *r, struct rules_check *check)
{
    struct recount count = {.r = r, .same = true};
    count.members = mem_zero(r->members.top, sizeof *count.members);
    count.versions = mem_zero(r->versions.top, sizeof *count.versions);
    count.households = mem_zero(r->households.top + 1, sizeof *count.households);
    count.rows = mem_take(r->copies.top * sizeof *count.rows);
    *check = (struct rules_check){.points_minted = r->burned, .points_burned = r->burned};
    recount_trials(&count);
    recount_counted(&count);
    recount_records(&count);
    recount_households(&count);
    compare_versions(&count);
    compare_members(&count, check);
    for (uint32_t at = 1; at < r->versions.top; at++) {
        const struct version *version = version_at(r, at);
        check->missing_bytes += (rules_wide)version->size * (version->redundancy - version->n);
    }
    check->recomputed = count.same;
    free(count.members);
    free(count.versions);
    free(count.households);
    free(count.rows);
}
