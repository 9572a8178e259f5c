/* Who may leech a version now (2.5, Q16-Q18, Q30). The permit of a member and version is this verdict. */
#include "services/ratio/rules/state.h"

#include "proto/proto.h"

#include <stdio.h>
#include <string.h>

/* Of an open slot the reason says which. */
bool slot_is_open(const struct rules *r, uint32_t member, uint32_t handle, const char **reason)
{
    const struct version *version = version_at(r, handle);
    bool open = false;
    if (!version_is_active(version))
        *reason = "this version was deleted";
    else if (version->n + version->in_flight >= version->redundancy)
        *reason = "all slots are taken; see your feed for other work";
    else if (version->tier == 0)
        *reason = "its owner may not place new copies now";
    else if (version->tier == 2 && has_tier_one_work(r, member))
        *reason = "tier 1 work waits";
    else
        open = true;
    if (open)
        *reason = version->tier == 1 ? "a slot of tier 1 is open" : "a slot of tier 2 is open";
    return open;
}

bool is_suspended(const struct member *member)
{
    return member->suspended != FOREVER;
}

/* 2.6: for so long after a deletion, and after the owner was suspended. */
bool restore_is_open(const struct rules *r, const struct version *version)
{
    const struct member *owner = member_at(r, version->owner);
    return (version_is_active(version) || r->now - version->deleted < RESTORE_OPEN_MS) &&
           (!is_suspended(owner) || r->now - owner->suspended < RESTORE_OPEN_MS);
}

static enum rules_allow decide_copy(const struct copy *copy, const char **reason)
{
    if (copy_is_in_flight(copy)) {
        *reason = copy->state == RULES_OFFERED ? "it was offered to you" : "you are fetching it";
        return RULES_ALLOW_SLOT;
    }
    *reason = copy->counted ? "your copy counts" : "you hold it; it does not count";
    return copy->counted ? RULES_ALLOW_SLOT : RULES_ALLOW_SPARE;
}

static enum rules_allow decide(const struct rules *r, uint32_t member, uint32_t handle, int64_t left,
                               const char **reason)
{
    const struct version *version = version_at(r, handle);
    if (version->owner == member) {
        bool open = restore_is_open(r, version);
        *reason = open                         ? "it is yours"
                  : version_is_active(version) ? "your account was suspended more than 30 days ago"
                                               : "it was deleted more than 30 days ago";
        return open ? RULES_ALLOW_OWNER : RULES_DENY;
    }
    if (is_suspended(member_at(r, member))) {
        *reason = "your account is suspended";
        return RULES_DENY;
    }
    uint32_t at = copy_find(r, member, handle);
    const struct copy *copy = at == 0 ? NULL : copy_at(r, at);
    if (copy != NULL && (copy_is_in_flight(copy) || copy_is_held(copy)))
        return decide_copy(copy, reason);
    if (copy != NULL && copy->state == RULES_FAILED) {
        *reason = "your copy failed an audit less than 7 days ago";
        return RULES_DENY;
    }
    if (slot_is_open(r, member, handle, reason))
        return RULES_ALLOW_SLOT;
    if (left > 0)
        return RULES_DENY;
    *reason = "it is welcome without a slot";
    return RULES_ALLOW_SPARE;
}

bool rules_verdict(struct rules *r, int64_t user, int64_t version, int64_t left, struct rules_verdict *verdict,
                   struct fault *why)
{
    uint32_t member = member_find(r, user), handle = version_find(r, version);
    if (member == 0)
        return fault_set(why, STATUS_not_found, "user", "There is no member %lld.", (long long)user);
    if (handle == 0)
        return fault_set(why, STATUS_not_found, "version", "There is no version %lld.", (long long)version);
    if (left < 0)
        return fault_set(why, STATUS_invalid, "left", "What is missing cannot be less than nothing.");
    const char *reason;
    verdict->allow = decide(r, member, handle, left, &reason);
    snprintf(verdict->reason, sizeof verdict->reason, "%s", reason);
    return true;
}
