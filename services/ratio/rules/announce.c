/* What trackers see and holders say (Q8, Q10, Q21): which step of a copy an announce is. */
#include "services/ratio/rules/state.h"

/* The member and the version of an event, both known. */
static bool find_pair(const struct rules *r, const struct rules_event *event, uint32_t *member, uint32_t *version,
                      struct fault *why)
{
    *member = member_find(r, event->user);
    *version = version_find(r, event->version);
    if (*member == 0)
        return fault_set(why, STATUS_not_found, "user", "There is no member %lld.", (long long)event->user);
    if (*version == 0)
        return fault_set(why, STATUS_not_found, "version", "There is no version %lld.", (long long)event->version);
    return true;
}

/* The owner's own (2.5, Q19): left = 0 serves, left > 0 restores. Never gated before 30 d after deletion. */
static bool announce_owner(struct rules *r, uint32_t member, uint32_t handle, int64_t left, struct fault *why)
{
    struct version *version = version_at(r, handle);
    if (!restore_is_open(r, version))
        return fault_set(why, STATUS_forbidden, "version",
                         "You deleted this version, or were suspended, more than 30 days ago.");
    if (left > 0) {
        restore_seen(r, member);
        return true;
    }
    version->owner_seen = r->now;
    if (!version->serveable)
        mark_version(r, handle);
    else if (version->held == 0)
        heap_hasten(&r->deadlines, deadline_of(DEADLINE_VERSION, handle), r->now + r->ms.window);
    touch_version(r, handle);
    return true;
}

static bool announce_in_flight(struct rules *r, uint32_t handle, int64_t left)
{
    if (left == 0) {
        copy_hold(r, handle);
        return true;
    }
    if (copy_at(r, handle)->state == RULES_OFFERED)
        copy_begin_fetch(r, handle);
    fetch_progress(r, handle, left);
    return true;
}

/* Q8, 2.11: left > 0 says nothing of a copy that is held, unless it is under SUSPECT. */
static bool announce_held(struct rules *r, uint32_t handle, int64_t left)
{
    const struct copy *copy = copy_at(r, handle);
    if (left == 0) {
        copy_sight(r, handle);
    } else if (copy->suspects > 0) {
        if (!copy->passed_ever)
            strike_add(r, copy->member);
        copy_end(r, handle, RULES_DROPPED);
    }
    return true;
}

static uint32_t copy_of(struct rules *r, uint32_t copy, uint32_t member, uint32_t version)
{
    return copy != 0 ? copy : copy_make(r, member, version);
}

/* No copy, or a RELEASED one. left = 0 needs no slot (Q10); a RELEASED copy waits for one (Q21). */
static bool announce_new(struct rules *r, uint32_t member, uint32_t version, uint32_t copy, int64_t left,
                         struct fault *why)
{
    const char *reason;
    bool released = copy != 0 && copy_at(r, copy)->state == RULES_RELEASED;
    if (copy == 0 && member_at(r, member)->copies_count >= RULES_COPIES_MAX)
        return fault_set(why, STATUS_conflict, NULL, "A member holds at most %d copies.", RULES_COPIES_MAX);
    if (left == 0 && !released) {
        copy_hold(r, copy_of(r, copy, member, version));
        return true;
    }
    if (!slot_is_open(r, member, version, &reason))
        return left == 0 || fault_set(why, STATUS_forbidden, "version", "%s", reason);
    copy = copy_of(r, copy, member, version);
    copy_grant(r, copy, left > 0 ? RULES_FETCHING : RULES_HELD);
    if (left > 0)
        fetch_progress(r, copy, left);
    return true;
}

bool apply_announce(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t member, version;
    if (!find_pair(r, event, &member, &version, why))
        return false;
    if (event->left < 0)
        return fault_set(why, STATUS_invalid, "left", "What is missing cannot be less than nothing.");
    if (version_at(r, version)->owner == member)
        return announce_owner(r, member, version, event->left, why);
    if (is_suspended(member_at(r, member)))
        return fault_set(why, STATUS_forbidden, "user", "The member is suspended.");
    uint32_t copy = copy_find(r, member, version);
    enum rules_state state = copy == 0 ? RULES_NO_COPY : copy_at(r, copy)->state;
    if (state == RULES_FAILED)
        return fault_set(why, STATUS_forbidden, "version", "Your copy failed an audit less than 7 days ago.");
    if (state == RULES_OFFERED || state == RULES_FETCHING)
        return announce_in_flight(r, copy, event->left);
    if (state == RULES_HELD || state == RULES_STALE)
        return announce_held(r, copy, event->left);
    return announce_new(r, member, version, copy, event->left, why);
}

/* 2.6: no grace for an explicit "I deleted it". Under SUSPECT it is the DROPPED that 2.11 means (Q15). */
bool apply_dropped(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t member, version;
    if (!find_pair(r, event, &member, &version, why))
        return false;
    uint32_t handle = copy_find(r, member, version);
    const struct copy *copy = handle == 0 ? NULL : copy_at(r, handle);
    if (copy == NULL || copy->state == RULES_FAILED || copy->state == RULES_NO_COPY)
        return fault_set(why, STATUS_not_found, "version", "The member has no copy of it.");
    if (copy_is_held(copy) && copy->suspects > 0 && !copy->passed_ever)
        strike_add(r, member);
    copy_end(r, handle, RULES_DROPPED);
    return true;
}

/* 2.7: also marks that the member polled the feed. */
bool apply_free_space(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t handle = member_find(r, event->user);
    if (handle == 0)
        return fault_set(why, STATUS_not_found, "user", "There is no member %lld.", (long long)event->user);
    if (event->bytes < 0)
        return fault_set(why, STATUS_invalid, "bytes", "Free space cannot be less than nothing.");
    struct member *member = member_at(r, handle);
    member->free_space = event->bytes;
    member->polled = r->now;
    hungry_review(r, handle);
    touch_member(r, handle);
    return true;
}
