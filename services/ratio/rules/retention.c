/* 2.6, D5: which versions of a backup are superseded, how many copies those still want, and when they go.
 *
 * A backup with a retention keeps its newest versions, and the newest of so many days, weeks and months that have one
 * (UTC, by when the books learnt of it), and all that are not much older than the newest: so no clock plays a part.
 * What another version depends on is kept as long as that one is there. All others are superseded: what the newest has
 * not yet, they may have. One goes when a newer version could be restored from at least min(R, 2) copies of it and of
 * all that it depends on, or when nobody has or fetches it. */
#include "services/ratio/rules/state.h"

#include <time.h>

#define COUNT_MOST 1000
#define WITHIN_MOST 36500 /* days */
#define SAFE_COPIES 2

struct period {
    int64_t last;
    int32_t left;
};

static bool keeps_some(const struct retention *keep)
{
    return keep->last + keep->daily + keep->weekly + keep->monthly + keep->within > 0;
}

void mark_backup(struct rules *r, uint32_t handle)
{
    struct backup *backup = backup_at(r, handle);
    if (backup->marked || !backup->rolling)
        return;
    backup->marked = true;
    handles_add(&r->marked_backups, handle);
}

/* The newest of each of the last periods that have a version; versions come newest first. */
static bool is_first_of(struct period *period, int64_t of)
{
    if (period->left == 0 || period->last == of)
        return false;
    period->last = of;
    period->left--;
    return true;
}

int64_t month_of(int64_t at)
{
    struct tm date;
    time_t seconds = (time_t)(at / 1000);
    gmtime_r(&seconds, &date);
    return date.tm_year * INT64_C(12) + date.tm_mon;
}

static void set_superseded(struct rules *r, struct version *version, bool superseded)
{
    r->superseded += (uint32_t)superseded - (uint32_t)version->superseded;
    version->superseded = superseded;
}

static void find_superseded(struct rules *r, const struct backup *backup)
{
    const struct retention *keep = &backup->retention;
    struct period day = {-1, keep->daily}, week = {-1, keep->weekly}, month = {-1, keep->monthly};
    int32_t last = keep->last;
    bool all = !keeps_some(keep);
    for (uint32_t at = backup->versions; at != 0; at = version_at(r, at)->backup_next) {
        struct version *version = version_at(r, at);
        int64_t age = version_at(r, backup->versions)->created_at - version->created_at;
        bool kept = all || last > 0 || age < keep->within * DAY_MS;
        last -= last > 0;
        kept |= is_first_of(&day, version->created_at / DAY_MS);
        kept |= is_first_of(&week, (version->created_at / DAY_MS + 3) / 7); /* from Monday */
        kept |= is_first_of(&month, month_of(version->created_at));
        set_superseded(r, version, !kept && version->dependents == 0);
    }
}

static int wanted_with(const struct version *version, int redundancy, int newest_counted)
{
    int rest = redundancy - newest_counted;
    return !version->superseded ? redundancy : rest > 0 ? rest : 0;
}

static void set_wanted(struct rules *r, const struct backup *backup)
{
    for (uint32_t at = backup->versions; at != 0; at = version_at(r, at)->backup_next) {
        int newest = version_at(r, backup->versions)->n;
        int wanted = wanted_with(version_at(r, at), backup->redundancy, newest);
        if (wanted != version_at(r, at)->redundancy)
            counted_resize(r, at, wanted);
    }
}

rules_wide retention_increase(const struct rules *r, const struct backup *backup, int redundancy)
{
    rules_wide increase = 0;
    if (backup->versions == 0)
        return 0;
    int64_t newest = version_at(r, backup->versions)->counting_count;
    newest = newest < redundancy ? newest : redundancy;
    for (uint32_t at = backup->versions; at != 0; at = version_at(r, at)->backup_next) {
        const struct version *version = version_at(r, at);
        int wanted = wanted_with(version, redundancy, (int)newest);
        increase += (rules_wide)version->size * (wanted - version->redundancy);
    }
    return increase;
}

/* It, and all that it depends on, has enough copies to be restored. */
static bool is_safe(const struct rules *r, const struct backup *backup, uint32_t handle)
{
    int enough = backup->redundancy < SAFE_COPIES ? backup->redundancy : SAFE_COPIES;
    for (uint32_t at = handle; at != 0; at = version_at(r, at)->depends_on)
        if (version_at(r, at)->n < enough)
            return false;
    return true;
}

static bool is_had(const struct rules *r, const struct version *version)
{
    if (version->counting.first != 0)
        return true;
    for (uint32_t at = version->others.first; at != 0; at = copy_at(r, at)->by_version.next)
        if (copy_is_held(copy_at(r, at)) || copy_is_in_flight(copy_at(r, at)))
            return true;
    return false;
}

/* True when any went: what they depended on may be superseded now. */
static bool retire(struct rules *r, const struct backup *backup)
{
    bool safe = false, any = false;
    for (uint32_t at = backup->versions, next; at != 0; at = next) {
        next = version_at(r, at)->backup_next;
        if (version_at(r, at)->superseded && (safe || !is_had(r, version_at(r, at)))) {
            version_delete(r, at);
            version_at(r, at)->retired = any = true;
        }
        safe = safe || is_safe(r, backup, at);
    }
    return any;
}

void backup_settle(struct rules *r, uint32_t handle)
{
    struct backup *backup = backup_at(r, handle);
    do {
        find_superseded(r, backup);
        set_wanted(r, backup);
    } while (retire(r, backup));
    backup->rolling = keeps_some(&backup->retention);
}

static bool is_within(int64_t number, int64_t most, const char *name, struct fault *why)
{
    return (number >= 0 && number <= most) ||
           fault_set(why, STATUS_invalid, name, "%s is a number from 0 to %lld.", name, (long long)most);
}

bool apply_retention(struct rules *r, const struct rules_event *event, struct fault *why)
{
    const struct rules_retention *keep = &event->retention;
    uint32_t handle = active_backup(r, event->backup, why);
    if (handle == 0 || !is_within(keep->last, COUNT_MOST, "last", why) ||
        !is_within(keep->daily, COUNT_MOST, "daily", why) || !is_within(keep->weekly, COUNT_MOST, "weekly", why) ||
        !is_within(keep->monthly, COUNT_MOST, "monthly", why) || !is_within(keep->within, WITHIN_MOST, "within", why))
        return false;
    struct backup *backup = backup_at(r, handle);
    backup->retention = (struct retention){
        .last = (int32_t)keep->last,
        .daily = (int32_t)keep->daily,
        .weekly = (int32_t)keep->weekly,
        .monthly = (int32_t)keep->monthly,
        .within = (int32_t)keep->within,
    };
    backup->rolling = true; /* until it is settled */
    mark_backup(r, handle);
    touch_backup(r, handle);
    return true;
}
