/* The order of the questions: are the feeds read, who is it, what is it about, may it leech. Only ratio decides about
 * leeching: its permit, or for a Backup its verdict about the member's slot, is applied here, nothing is computed.
 * Seeding needs neither. For some time a Backup can be restored after it was deleted, and a disabled member can restore
 * its own: until when the facts say. */
#include "services/tracker/admission.h"

#include "services/common/slab.h"

enum {
    RETRY_SOON = 60, /* a fact may be on its way */
    RETRY_LATER = 1800,
    RETRY_DAILY = 86400,
};

static struct admission refuse(struct admission admission, enum outcome outcome, uint32_t retry, const char *failure)
{
    admission.outcome = outcome;
    admission.retry = retry;
    admission.failure = failure;
    return admission;
}

static bool is_leeching(const struct announce *ask)
{
    return !ask->left_known || ask->left > 0;
}

/* Ratio hears of a refused announce, too: when it gives the slot it is there in a few seconds. */
static struct admission check_slot(const struct tracker *tracker, struct admission admission)
{
    const char *reason;
    enum slot_verdict verdict = slots_get(tracker->slots, admission.member->handle, admission.torrent->handle, &reason);
    if (verdict != SLOT_none && verdict != SLOT_deny)
        return admission;
    if (reason[0] == '\0')
        return refuse(admission, OUTCOME_slot, RETRY_SOON, "No slot for this copy yet: see your Backup page");
    return refuse(admission, OUTCOME_slot, RETRY_LATER, reason);
}

static struct admission check_permit(const struct tracker *tracker, const struct announce *ask,
                                     struct admission admission)
{
    const struct member *member = admission.member;
    if (!is_leeching(ask))
        return admission;
    if (admission.torrent->redundancy)
        return check_slot(tracker, admission);
    if (!member->has_permit && tracker->permits_read)
        return refuse(admission, OUTCOME_permit, RETRY_SOON, "No permit to download yet: try again in a minute");
    if (member->has_permit && !member->may_leech)
        return refuse(admission, OUTCOME_permit, RETRY_LATER,
                      member->reason != NULL ? member->reason : "You may not download now: see your profile");
    return admission;
}

static bool is_owner(const struct tracker *tracker, const struct admission *who)
{
    return slots_get(tracker->slots, who->member->handle, who->torrent->handle, NULL) == SLOT_owner;
}

/* Of a disabled member: its own Backups alone. */
static bool may_restore(const struct tracker *tracker, const struct admission *who, int64_t now)
{
    return who->torrent != NULL && now < who->member->restore_until && is_owner(tracker, who);
}

/* Who has all of a deleted Backup may give it to its owner. */
static bool may_meet(const struct tracker *tracker, const struct admission *who, const struct announce *ask,
                     int64_t now)
{
    return now < who->torrent->restore_until && (!is_leeching(ask) || is_owner(tracker, who));
}

struct admission admission_of(const struct tracker *tracker, const struct announce *ask, struct admission admission,
                              int64_t now)
{
    if (!tracker->open)
        return refuse(admission, OUTCOME_starting, RETRY_SOON, "The tracker is starting: try again in a minute");
    if (admission.member == NULL)
        return refuse(admission, OUTCOME_passkey, tracker->members_read ? RETRY_LATER : RETRY_SOON,
                      "Unknown passkey: download the torrent file again");
    if (!admission.member->active && !may_restore(tracker, &admission, now))
        return refuse(admission, OUTCOME_member, RETRY_LATER, "Your account is disabled: see the site");
    const char *refusal = clients_refusal(&tracker->clients, ask->peer_id);
    if (refusal != NULL)
        return refuse(admission, OUTCOME_client, RETRY_LATER, refusal);
    if (admission.torrent == NULL)
        return refuse(admission, OUTCOME_torrent, RETRY_SOON, "Unknown torrent: add it to the site first");
    if (!admission.torrent->active && !may_meet(tracker, &admission, ask, now))
        return refuse(admission, OUTCOME_torrent, RETRY_DAILY, "This torrent was deleted: remove it from your client");
    return check_permit(tracker, ask, admission);
}

static bool is_full(uint64_t count, int64_t most)
{
    return most > 0 && count >= (uint64_t)most;
}

bool admission_has_room(const struct tracker *tracker, const struct member *member)
{
    return !is_full(member->sessions, tracker->settings.member_sessions) && !sessions_full(tracker->sessions);
}

void admission_limit(const struct tracker *tracker, const struct announce *ask, uint32_t session,
                     struct admission *admission)
{
    const struct member *member = admission->member;
    if (session == SLAB_NONE && is_full(member->sessions, tracker->settings.member_sessions)) {
        *admission =
            refuse(*admission, OUTCOME_limit, RETRY_LATER, "Too many sessions of yours: stop torrents, ask staff");
        return;
    }
    if (session == SLAB_NONE && sessions_full(tracker->sessions)) {
        *admission =
            refuse(*admission, OUTCOME_limit, RETRY_LATER, "The tracker remembers too many sessions: ask staff");
        return;
    }
    bool joins = session == SLAB_NONE || sessions_place(tracker->sessions, session) == PLACE_NONE;
    if (!joins || ask->event == EVENT_stopped || tracker->settings.member_peers == 0)
        return;
    if (is_full(crowd_count(&tracker->crowd, admission->torrent, member->handle), tracker->settings.member_peers))
        *admission =
            refuse(*admission, OUTCOME_limit, RETRY_LATER, "Too many clients of yours on this torrent: stop one");
}
