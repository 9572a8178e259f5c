/* D4, Q13, Q14: which of the copies that are HELD or STALE count. A proven one does; one that was fetched here does for
 * its first 72 h without proof, as far as all of its holder's that are so young fit into LOAN. With the auditor off all
 * do. */
#include "services/ratio/rules/state.h"

bool copy_is_proven(const struct rules *r, const struct copy *copy)
{
    return copy_is_held(copy) && r->now - copy->hold.passed < r->ms.proof_ttl;
}

static void count_or_not(struct rules *r, uint32_t handle)
{
    const struct copy *copy = copy_at(r, handle);
    counting_set(r, handle, copy_is_held(copy) && (!r->set.auditor || copy_is_proven(r, copy) || copy->fits));
}

/* Q14: by (held_since, version), each that still fits is in probation, and one that does not is skipped. */
static void trial_pack(struct rules *r, struct member *member)
{
    member->trial_bytes = 0;
    member->trial_skipped = 0;
    for (uint32_t at = member->trial.first; at != 0; at = copy_at(r, at)->by_member.next) {
        struct copy *copy = copy_at(r, at);
        int64_t size = version_at(r, copy->version)->size;
        bool fits = size <= r->set.loan - member->trial_bytes;
        member->trial_bytes += fits ? size : 0;
        member->trial_skipped += fits ? 0 : 1;
        if (fits != copy->fits) {
            copy->fits = fits;
            count_or_not(r, at);
        }
    }
}

static bool trial_precedes(const struct rules *r, const struct copy *a, const struct copy *b)
{
    if (a->hold.held_at != b->hold.held_at)
        return a->hold.held_at < b->hold.held_at;
    return version_at(r, a->version)->id < version_at(r, b->version)->id;
}

static void trial_enter(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    struct member *member = member_at(r, copy->member);
    uint32_t after = member->trial.last;
    while (after != 0 && trial_precedes(r, copy, copy_at(r, after)))
        after = copy_at(r, after)->by_member.prev;
    chain_remove(&r->copies, &member->kept, CHAIN_MEMBER, handle);
    chain_insert(&r->copies, &member->trial, CHAIN_MEMBER, handle, after);
    copy->on_trial = true;
    int64_t size = version_at(r, copy->version)->size;
    if (copy->by_member.next != 0) {
        trial_pack(r, member);
    } else if (size <= r->set.loan - member->trial_bytes) {
        copy->fits = true;
        member->trial_bytes += size;
    } else {
        member->trial_skipped++;
    }
}

/* Only when some were skipped can the place that becomes free be of use to another. */
static void trial_leave(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    struct member *member = member_at(r, copy->member);
    chain_remove(&r->copies, &member->trial, CHAIN_MEMBER, handle);
    chain_add(&r->copies, &member->kept, CHAIN_MEMBER, handle);
    copy->on_trial = false;
    if (!copy->fits) {
        member->trial_skipped--;
        return;
    }
    copy->fits = false;
    member->trial_bytes -= version_at(r, copy->version)->size;
    if (member->trial_skipped > 0)
        trial_pack(r, member);
}

void copy_review(struct rules *r, uint32_t handle)
{
    const struct copy *copy = copy_at(r, handle);
    bool trial = r->set.auditor && copy_is_held(copy) && !copy_is_proven(r, copy) && copy->fetched &&
                 r->now - copy->hold.held < r->ms.probation;
    if (trial && !copy->on_trial)
        trial_enter(r, handle);
    else if (!trial && copy->on_trial)
        trial_leave(r, handle);
    count_or_not(r, handle);
}
