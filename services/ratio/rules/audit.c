/* 2.11, Q15: what the outcome of an audit does to a copy and to its holder. */
#include "services/ratio/rules/state.h"

#define STRIKE_WINDOW (30 * DAY_MS)
#define SUSPECTS_MOST 3

/* The third strike within 30 d, itself included: for 30 d no version of the member has a tier. */
void strike_add(struct rules *r, uint32_t handle)
{
    struct member *member = member_at(r, handle);
    if (r->now - member->struck_before < STRIKE_WINDOW)
        member->barred = r->now + STRIKE_WINDOW;
    member->struck_before = member->struck;
    member->struck = r->now;
    mark_member(r, handle);
    touch_member(r, handle);
}

/* Q13: what was not fetched here counts from its first PASS, and is held since then. */
static void pass(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    if (r->set.auditor && !copy->fetched && !copy->passed_ever) {
        copy->hold.held_at = r->at;
        copy->hold.held = r->now;
    }
    copy->hold.passed = r->now;
    copy->passed_ever = true;
    copy->suspects = 0;
    touch_copy(r, handle);
    copy_review(r, handle);
    copy_schedule(r, handle);
}

static void fail(struct rules *r, uint32_t handle)
{
    strike_add(r, copy_at(r, handle)->member);
    copy_end(r, handle, RULES_FAILED);
}

/* The third without a PASS between is a FAIL. */
static void suspect(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    copy->suspects++;
    touch_copy(r, handle);
    if (copy->suspects >= SUSPECTS_MOST)
        fail(r, handle);
}

bool apply_audit(struct rules *r, const struct rules_event *event, struct fault *why)
{
    uint32_t member = member_find(r, event->user), version = version_find(r, event->version);
    uint32_t handle = member == 0 || version == 0 ? 0 : copy_find(r, member, version);
    if (event->result >= RULES_RESULTS)
        return fault_set(why, STATUS_invalid, "result", "There is no such result of an audit.");
    if (handle == 0 || !copy_is_held(copy_at(r, handle)))
        return fault_set(why, STATUS_not_found, "version", "The member %lld holds no copy of version %lld.",
                         (long long)event->user, (long long)event->version);
    if (event->result == RULES_pass)
        pass(r, handle);
    else if (event->result == RULES_fail)
        fail(r, handle);
    else if (event->result == RULES_suspect)
        suspect(r, handle);
    return true;
}
