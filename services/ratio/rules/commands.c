/* What members do: join, keep backups and versions, want more or fewer copies, give up. Refusals at creation are those
 * of 2.6 and Q3; debt is never a reason. */
#include "services/ratio/rules/state.h"

#define CHANGE_WINDOW DAY_MS /* between two changes of redundancy (2.10, Q23) */

static bool is_new(int64_t id, uint32_t found, const char *what, struct fault *why)
{
    if (id < 1)
        return fault_set(why, STATUS_invalid, what, "An id is at least 1.");
    if (found != 0)
        return fault_set(why, STATUS_conflict, what, "The %s %lld was created before.", what, (long long)id);
    return true;
}

static bool redundancy_is_valid(int64_t redundancy, struct fault *why)
{
    if (redundancy < 1 || redundancy > RULES_REDUNDANCY_MAX)
        return fault_set(why, STATUS_invalid, "redundancy", "Between 1 and %d copies can be wanted.",
                         RULES_REDUNDANCY_MAX);
    return true;
}

/* Finds a backup that is not deleted; 0 when there is none. */
uint32_t active_backup(const struct rules *r, int64_t id, struct fault *why)
{
    uint32_t found = backup_find(r, id);
    if (found == 0)
        fault_set(why, STATUS_not_found, "backup", "There is no backup %lld.", (long long)id);
    else if (backup_at(r, found)->deleted)
        fault_set(why, STATUS_conflict, "backup", "The backup %lld was deleted.", (long long)id);
    return found != 0 && !backup_at(r, found)->deleted ? found : 0;
}

/* Q23: O + the increase <= max(want_cap, 20·C). */
static bool wants_too_much(const struct rules *r, const struct member *owner, rules_wide increase, struct fault *why)
{
    rules_wide cap = (rules_wide)owner->contribution * 20;
    if (cap < r->set.want_cap)
        cap = r->set.want_cap;
    if (increase <= 0 || owner->obligation + increase <= cap)
        return false;
    fault_set(why, STATUS_conflict, NULL,
              "This wants more than %lld bytes of others' space in all: hold more of others' backups first.",
              (long long)cap);
    return true;
}

static bool suspended_fault(struct fault *why)
{
    return fault_set(why, STATUS_forbidden, "owner", "The owner is suspended.");
}

bool apply_member(struct rules *r, const struct rules_event *event, struct fault *why)
{
    if (!is_new(event->user, member_find(r, event->user), "user", why))
        return false;
    uint32_t made = member_make(r, event->user);
    member_at(r, made)->total = (int32_t)r->set.p_grant; /* Q28 */
    member_at(r, made)->joined = r->now;
    mark_member(r, made);
    touch_member(r, made);
    return true;
}

/* 2.6: what it holds goes through its grace, for nobody hears it any more; its content gets no slots. */
bool apply_suspended(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t handle = member_find(r, event->user);
    if (handle == 0)
        return fault_set(why, STATUS_not_found, "user", "There is no member %lld.", (long long)event->user);
    struct member *member = member_at(r, handle);
    if (event->suspended == is_suspended(member))
        return true;
    member->suspended = event->suspended ? r->now : FOREVER;
    for (uint32_t at = member->open; at != 0; at = version_at(r, at)->open_next)
        mark_version(r, at);
    touch_member(r, handle);
    return true;
}

bool apply_backup(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t owner = member_find(r, event->user);
    if (!is_new(event->backup, backup_find(r, event->backup), "backup", why))
        return false;
    if (owner == 0)
        return fault_set(why, STATUS_not_found, "owner", "There is no member %lld.", (long long)event->user);
    if (!redundancy_is_valid(event->redundancy, why))
        return false;
    if (is_suspended(member_at(r, owner)))
        return suspended_fault(why);
    uint32_t made = backup_make(r, event->backup);
    backup_at(r, made)->owner = owner;
    backup_at(r, made)->redundancy = (int32_t)event->redundancy;
    touch_backup(r, made);
    return true;
}

bool apply_redundancy(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t handle = active_backup(r, event->backup, why);
    if (handle == 0 || !redundancy_is_valid(event->redundancy, why))
        return false;
    struct backup *backup = backup_at(r, handle);
    if (event->redundancy == backup->redundancy)
        return true;
    if (r->now - backup->changed < CHANGE_WINDOW)
        return fault_set(why, STATUS_conflict, "redundancy", "The redundancy of a backup changes once in 24 hours.");
    rules_wide more = retention_increase(r, backup, (int)event->redundancy);
    if (wants_too_much(r, member_at(r, backup->owner), more, why))
        return false;
    backup->redundancy = (int32_t)event->redundancy;
    backup->changed = r->now;
    if (backup->rolling)
        mark_backup(r, handle);
    for (uint32_t at = backup->versions; at != 0 && !backup->rolling; at = version_at(r, at)->backup_next)
        counted_resize(r, at, backup->redundancy);
    touch_backup(r, handle);
    return true;
}

static bool depends_well(const struct rules *r, const struct rules_event *event, const struct backup *backup,
                         struct fault *why)
{
    uint32_t found = event->depends_on == 0 ? 0 : version_find(r, event->depends_on);
    if (event->depends_on == 0 ||
        (found != 0 && version_is_active(version_at(r, found)) && backup_at(r, version_at(r, found)->backup) == backup))
        return true;
    return fault_set(why, STATUS_invalid, "depends_on", "The backup has no version %lld that it could depend on.",
                     (long long)event->depends_on);
}

/* `backup` is NULL for one that is not there yet. */
static bool version_is_welcome(const struct rules *r, const struct rules_event *event, const struct member *owner,
                               const struct backup *backup, struct fault *why)
{
    int64_t redundancy = backup != NULL ? backup->redundancy : event->redundancy;
    if (is_suspended(owner))
        return suspended_fault(why);
    if (event->size < 1 || event->size > RULES_SIZE_MAX)
        return fault_set(why, STATUS_invalid, "size", "A version has between 1 byte and 4 TiB.");
    if (owner->versions_count >= RULES_VERSIONS_MAX)
        return fault_set(why, STATUS_conflict, NULL, "A member has at most %d versions: delete old ones.",
                         RULES_VERSIONS_MAX);
    return depends_well(r, event, backup, why) && !wants_too_much(r, owner, (rules_wide)event->size * redundancy, why);
}

bool rules_welcomes(const struct rules *r, const struct rules_event *event, struct fault *why)
{
    static const struct member newcomer = {.suspended = FOREVER};
    uint32_t parent = backup_find(r, event->backup), owner = member_find(r, event->user);
    if (parent == 0)
        return redundancy_is_valid(event->redundancy, why) &&
               version_is_welcome(r, event, owner != 0 ? member_at(r, owner) : &newcomer, NULL, why);
    const struct backup *backup = backup_at(r, parent);
    return active_backup(r, event->backup, why) != 0 &&
           version_is_welcome(r, event, member_at(r, backup->owner), backup, why);
}

static void version_link(struct rules *r, uint32_t handle)
{
    struct version *version = version_at(r, handle);
    struct backup *backup = backup_at(r, version->backup);
    struct member *owner = member_at(r, version->owner);
    version->backup_next = backup->versions;
    backup->versions = handle;
    backup->bytes += version->size;
    version->owner_next = owner->versions;
    if (owner->versions != 0)
        version_at(r, owner->versions)->owner_prev = handle;
    owner->versions = handle;
    owner->versions_count++;
    if (version->depends_on != 0)
        version_at(r, version->depends_on)->dependents++;
    mark_backup(r, version->backup);
}

static void version_unlink(struct rules *r, uint32_t handle)
{
    struct version *version = version_at(r, handle);
    struct backup *backup = backup_at(r, version->backup);
    struct member *owner = member_at(r, version->owner);
    uint32_t *link = &backup->versions;
    while (*link != handle)
        link = &version_at(r, *link)->backup_next;
    *link = version->backup_next;
    backup->bytes -= version->size;
    if (version->owner_prev != 0)
        version_at(r, version->owner_prev)->owner_next = version->owner_next;
    else
        owner->versions = version->owner_next;
    if (version->owner_next != 0)
        version_at(r, version->owner_next)->owner_prev = version->owner_prev;
    owner->versions_count--;
    if (version->depends_on != 0)
        version_at(r, version->depends_on)->dependents--;
    mark_backup(r, version->backup);
}

bool apply_version(struct rules *r, const struct rules_event *event, struct fault *why)
{
    if (!is_new(event->version, version_find(r, event->version), "version", why))
        return false;
    uint32_t parent = active_backup(r, event->backup, why);
    if (parent == 0 ||
        !version_is_welcome(r, event, member_at(r, backup_at(r, parent)->owner), backup_at(r, parent), why))
        return false;
    uint32_t made = version_make(r, event->version);
    struct version *version = version_at(r, made);
    version->size = event->size;
    version->backup = parent;
    version->owner = backup_at(r, parent)->owner;
    version->depends_on = event->depends_on == 0 ? 0 : version_find(r, event->depends_on);
    version_link(r, made);
    counted_resize(r, made, backup_at(r, parent)->redundancy);
    return true;
}

/* Q11: offers and fetches end at once; what is held goes on as spare. */
void version_delete(struct rules *r, uint32_t handle)
{
    struct version *version = version_at(r, handle);
    version_unlink(r, handle);
    version->deleted = r->now;
    r->superseded -= version->superseded;
    version->superseded = false;
    for (uint32_t at = version->others.first, next; at != 0; at = next) {
        next = copy_at(r, at)->by_version.next;
        if (copy_is_in_flight(copy_at(r, at)))
            copy_end(r, at, RULES_RELEASED);
    }
    counted_resize(r, handle, 0);
}

bool apply_delete_version(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t handle = version_find(r, event->version);
    if (handle == 0)
        return fault_set(why, STATUS_not_found, "version", "There is no version %lld.", (long long)event->version);
    if (!version_is_active(version_at(r, handle)))
        return fault_set(why, STATUS_conflict, "version", "The version %lld was deleted before.",
                         (long long)event->version);
    version_delete(r, handle);
    return true;
}

/* 2.6: as each of its versions, and the points return. */
bool apply_delete_backup(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t handle = active_backup(r, event->backup, why);
    if (handle == 0)
        return false;
    struct backup *backup = backup_at(r, handle);
    while (backup->versions != 0)
        version_delete(r, backup->versions);
    member_at(r, backup->owner)->assigned -= backup->points;
    touch_member(r, backup->owner);
    backup->points = 0;
    backup->deleted = true;
    touch_backup(r, handle);
    return true;
}
