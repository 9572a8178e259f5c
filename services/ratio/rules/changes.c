/* Two lists: of what must be looked at again before the instant is over, and of what the caller may want to store. */
#include "services/ratio/rules/state.h"

#include "services/common/arena.h"

void mark_member(struct rules *r, uint32_t member)
{
    if (member_at(r, member)->marked)
        return;
    member_at(r, member)->marked = true;
    handles_add(&r->marked_members, member);
}

void mark_version(struct rules *r, uint32_t version)
{
    if (version_at(r, version)->marked)
        return;
    version_at(r, version)->marked = true;
    handles_add(&r->marked_versions, version);
}

static void tell(struct rules *r, struct rules_change change)
{
    if (r->changes_count == r->changes_room) {
        r->changes_room = r->changes_room == 0 ? 64 : r->changes_room * 2;
        r->changes = mem_grow(r->changes, r->changes_room * sizeof *r->changes);
    }
    r->changes[r->changes_count++] = change;
}

void changes_begin(struct rules *r)
{
    r->changes_count = 0;
    r->turn++;
}

/* Is this the first time since changes_begin? */
static bool first_touch(const struct rules *r, uint32_t *touched)
{
    bool first = *touched != r->turn;
    *touched = r->turn;
    return first;
}

void touch_member(struct rules *r, uint32_t member)
{
    struct member *at = member_at(r, member);
    if (first_touch(r, &at->touched))
        tell(r, (struct rules_change){.what = RULES_CHANGED_MEMBER, .user = at->id});
}

void touch_backup(struct rules *r, uint32_t backup)
{
    struct backup *at = backup_at(r, backup);
    if (first_touch(r, &at->touched))
        tell(r, (struct rules_change){.what = RULES_CHANGED_BACKUP, .backup = at->id});
}

void touch_version(struct rules *r, uint32_t version)
{
    struct version *at = version_at(r, version);
    if (first_touch(r, &at->touched))
        tell(r, (struct rules_change){.what = RULES_CHANGED_VERSION, .version = at->id});
}

void tell_copy(struct rules *r, uint32_t copy, enum rules_state from, enum rules_state to)
{
    struct copy *at = copy_at(r, copy);
    at->touched = r->turn;
    tell(r, (struct rules_change){.what = RULES_CHANGED_COPY,
                                  .user = member_at(r, at->member)->id,
                                  .version = version_at(r, at->version)->id,
                                  .from = from,
                                  .to = to});
}

void touch_copy(struct rules *r, uint32_t copy)
{
    const struct copy *at = copy_at(r, copy);
    if (at->touched != r->turn)
        tell_copy(r, copy, at->state, at->state);
}

const struct rules_change *rules_changes(const struct rules *r, size_t *count)
{
    *count = r->changes_count;
    return r->changes;
}
