/* 2.8, Q27, Q29: staking, moving, burning and granting points. A stake moves nothing but the order of the queue. */
#include "services/ratio/rules/state.h"

/* A backup on which that member may set points; 0 when there is none. */
static uint32_t own_backup(const struct rules *r, uint32_t member, int64_t id, const char *field, struct fault *why)
{
    uint32_t found = backup_find(r, id);
    if (found == 0)
        fault_set(why, STATUS_not_found, field, "There is no backup %lld.", (long long)id);
    else if (backup_at(r, found)->owner != member)
        fault_set(why, STATUS_forbidden, field, "The backup %lld belongs to another member.", (long long)id);
    else if (backup_at(r, found)->deleted)
        fault_set(why, STATUS_conflict, field, "The backup %lld was deleted.", (long long)id);
    else
        return found;
    return 0;
}

static uint32_t known_member(const struct rules *r, int64_t id, struct fault *why)
{
    uint32_t found = member_find(r, id);
    if (found == 0)
        fault_set(why, STATUS_not_found, "user", "There is no member %lld.", (long long)id);
    return found;
}

static void stake(struct rules *r, uint32_t backup, int64_t points)
{
    backup_at(r, backup)->points = (int32_t)points;
    touch_backup(r, backup);
}

bool apply_assign(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t member = known_member(r, event->user, why);
    uint32_t backup = member == 0 ? 0 : own_backup(r, member, event->backup, "backup", why);
    if (backup == 0)
        return false;
    struct member *owner = member_at(r, member);
    if (event->points < 0 || event->points > r->set.p_max)
        return fault_set(why, STATUS_invalid, "points", "A backup has between 0 and %lld points.",
                         (long long)r->set.p_max);
    if (event->expects && event->expected_assigned != owner->assigned)
        return fault_set(why, STATUS_conflict, "expected_assigned",
                         "You have %d points assigned by now: look again before you change them.", owner->assigned);
    int64_t assigned = owner->assigned - backup_at(r, backup)->points + event->points;
    if (assigned > owner->total)
        return fault_set(why, STATUS_conflict, "points", "That would assign %lld points of the %d that you have.",
                         (long long)assigned, owner->total);
    owner->assigned = (int32_t)assigned;
    stake(r, backup, event->points);
    touch_member(r, member);
    return true;
}

bool apply_move(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t member = known_member(r, event->user, why);
    uint32_t from = member == 0 ? 0 : own_backup(r, member, event->from, "from", why);
    uint32_t to = from == 0 ? 0 : own_backup(r, member, event->to, "to", why);
    if (to == 0)
        return false;
    int64_t there = backup_at(r, from)->points, here = backup_at(r, to)->points;
    if (event->points < 0 || event->points > there)
        return fault_set(why, STATUS_invalid, "points", "There are %lld points to move.", (long long)there);
    if (from == to)
        return true;
    if (here + event->points > r->set.p_max)
        return fault_set(why, STATUS_invalid, "points", "A backup has at most %lld points.", (long long)r->set.p_max);
    stake(r, from, there - event->points);
    stake(r, to, here + event->points);
    return true;
}

bool apply_burn(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t member = known_member(r, event->user, why);
    if (member == 0)
        return false;
    struct member *owner = member_at(r, member);
    if (event->points < 0 || event->points > owner->total - owner->assigned)
        return fault_set(why, STATUS_invalid, "points", "Only free points can be burned: there are %d.",
                         owner->total - owner->assigned);
    owner->total -= (int32_t)event->points;
    r->burned += event->points;
    touch_member(r, member);
    return true;
}

/* Minted by the staff: T_MAX holds, and here it refuses instead of forfeiting. */
bool apply_grant(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t member = known_member(r, event->user, why);
    if (member == 0)
        return false;
    struct member *owner = member_at(r, member);
    int64_t room = r->set.t_max - owner->total;
    if (event->points < 0 || event->points > (room > 0 ? room : 0))
        return fault_set(why, STATUS_invalid, "points", "A member has at most %lld points: %lld can be given.",
                         (long long)r->set.t_max, (long long)(room > 0 ? room : 0));
    owner->total += (int32_t)event->points;
    touch_member(r, member);
    return true;
}
