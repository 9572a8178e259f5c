/* D5: of the copies that count, the first R* by (held_since, user) are the counted set of their version; the rest is
 * spare.
 *
 * Each version's counting copies are a list in that order, and `counted_last` marks where the set ends. A copy that
 * comes, goes, or a new R*, moves the mark; nothing else is looked at. C, L, O and n follow here and nowhere else. */
#include "services/ratio/rules/state.h"

static bool precedes(const struct rules *r, const struct copy *a, const struct copy *b)
{
    if (a->hold.held_at != b->hold.held_at)
        return a->hold.held_at < b->hold.held_at;
    return member_at(r, a->member)->id < member_at(r, b->member)->id;
}

/* Q28: a counted copy that is proven earns points, and its bounty when it is so for the first time. */
static void earning_review(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    bool earning = copy->counted && copy_is_proven(r, copy);
    if (earning == copy->earning)
        return;
    copy->earning = earning;
    int64_t size = version_at(r, copy->version)->size;
    mint_rate(r, copy->member, earning ? size : -size);
    if (earning && !copy->paid)
        handles_add(&r->bounties_due, handle);
}

static void set_counted(struct rules *r, uint32_t handle, bool counted)
{
    struct copy *copy = copy_at(r, handle);
    struct version *version = version_at(r, copy->version);
    int64_t change = counted ? version->size : -version->size;
    copy->counted = counted;
    version->n = (uint8_t)(version->n + (counted ? 1 : -1));
    member_at(r, copy->member)->contribution += change;
    member_at(r, version->owner)->lent += change;
    earning_review(r, handle);
    touch_copy(r, handle);
    touch_version(r, copy->version);
    touch_member(r, copy->member);
    touch_member(r, version->owner);
    mark_version(r, copy->version);
    mark_backup(r, version->backup);
    mark_member(r, copy->member);
    mark_member(r, version->owner);
}

/* The last copy at or before `from` that the new one comes behind; 0: none. */
static uint32_t place_of(const struct rules *r, const struct copy *copy, uint32_t from)
{
    while (from != 0 && precedes(r, copy, copy_at(r, from)))
        from = copy_at(r, from)->by_version.prev;
    return from;
}

static void counting_enter(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    struct version *version = version_at(r, copy->version);
    bool full = version->n == version->redundancy;
    bool ahead = version->counted_last != 0 && precedes(r, copy, copy_at(r, version->counted_last));
    chain_remove(&r->copies, &version->others, CHAIN_VERSION, handle);
    uint32_t after = place_of(r, copy, ahead ? version->counted_last : version->counting.last);
    chain_insert(&r->copies, &version->counting, CHAIN_VERSION, handle, after);
    version->counting_count++;
    copy->counting = true;
    if (!full) {
        version->counted_last = version->counting.last;
        set_counted(r, handle, true);
    } else if (ahead) {
        uint32_t pushed = version->counted_last;
        version->counted_last = copy_at(r, pushed)->by_version.prev;
        set_counted(r, pushed, false);
        set_counted(r, handle, true);
    }
}

static void counting_leave(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    struct version *version = version_at(r, copy->version);
    uint32_t promoted = copy->counted ? copy_at(r, version->counted_last)->by_version.next : 0;
    if (handle == version->counted_last)
        version->counted_last = copy->by_version.prev;
    chain_remove(&r->copies, &version->counting, CHAIN_VERSION, handle);
    chain_add(&r->copies, &version->others, CHAIN_VERSION, handle);
    version->counting_count--;
    copy->counting = false;
    if (copy->counted)
        set_counted(r, handle, false);
    if (promoted != 0) {
        version->counted_last = promoted;
        set_counted(r, promoted, true);
    }
}

void counted_resize(struct rules *r, uint32_t handle, int redundancy)
{
    struct version *version = version_at(r, handle);
    member_at(r, version->owner)->obligation += version->size * (redundancy - version->redundancy);
    mark_member(r, version->owner);
    touch_member(r, version->owner);
    version->redundancy = (uint8_t)redundancy;
    while (version->n > redundancy) {
        uint32_t last = version->counted_last;
        version->counted_last = copy_at(r, last)->by_version.prev;
        set_counted(r, last, false);
    }
    while (version->n < redundancy && version->n < version->counting_count) {
        uint32_t last = version->counted_last;
        uint32_t next = last == 0 ? version->counting.first : copy_at(r, last)->by_version.next;
        version->counted_last = next;
        set_counted(r, next, true);
    }
    mark_version(r, handle);
    touch_version(r, handle);
}

/* A proof may begin or end without a change of the counted set. */
void counting_set(struct rules *r, uint32_t handle, bool counting)
{
    bool was = copy_at(r, handle)->counting;
    if (counting && !was)
        counting_enter(r, handle);
    else if (!counting && was)
        counting_leave(r, handle);
    else
        earning_review(r, handle);
}
